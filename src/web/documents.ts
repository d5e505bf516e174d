import { compareUtf8 } from '../std/bytes.ts'
import { StreamError } from '../std/error.ts'
import type { DocumentPage } from './api.ts'
import type { Catalog, Document } from './catalog.ts'
import { entryOf } from './states.ts'

export const orders = ['recent', 'uri', 'size'] as const
export type Order = (typeof orders)[number]

export interface Wanted {
  readonly search?: string | undefined
  readonly uri?: string | undefined
  readonly order: Order
  readonly limit: number
  readonly cursor?: string | undefined
}

/** Where a document stands: by this number, the highest first, and by its uri among equals. */
const rankOf: Readonly<Record<Order, (document: Document) => number>> = {
  recent: ({ last }) => (Number.isNaN(last) ? Number.NEGATIVE_INFINITY : last),
  uri: () => 0,
  size: ({ answers }) => answers.reduce((sum, { bytes }) => sum + bytes, 0),
}

interface Ranked {
  readonly rank: number
  readonly uri: string
}

const compare = (a: Ranked, b: Ranked) => (a.rank === b.rank ? compareUtf8(a.uri, b.uri) : b.rank - a.rank)

const cursorOf = ({ rank, uri }: Ranked): string =>
  Buffer.from(JSON.stringify([String(rank), uri])).toString('base64url')

const parseCursor = (cursor: string): Ranked => {
  try {
    const [rank, uri] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof rank === 'string' && typeof uri === 'string' && !Number.isNaN(Number(rank)))
      return { rank: Number(rank), uri }
  } catch {}
  throw new StreamError('web/query', 'the cursor is none of ours; leave it out to begin with the first page')
}

const only = (document: Document | undefined): DocumentPage =>
  document === undefined ? { documents: [], total: 0 } : { documents: [entryOf(document)], total: 1 }

/** One page of the documents that match; `next` goes on behind it, also if documents were written to meanwhile. */
export const pageOf = (catalog: Catalog, { search = '', uri, order, limit, cursor }: Wanted): DocumentPage => {
  if (uri !== undefined) return only(catalog.get(uri))
  const words = search.toLowerCase()
  const rank = rankOf[order]
  const found: (Ranked & { document: Document })[] = []
  for (const document of catalog.documents)
    if (words === '' || document.words.includes(words))
      found.push({ rank: rank(document), uri: document.uri, document })
  const total = found.length
  const after = cursor === undefined || cursor === '' ? undefined : parseCursor(cursor)
  const rest = after === undefined ? found : found.filter(one => compare(after, one) < 0)
  const page = rest.sort(compare).slice(0, limit)
  const last = rest.length > page.length ? page.at(-1) : undefined
  return {
    documents: page.map(({ document }) => entryOf(document)),
    total,
    ...(last !== undefined && { next: cursorOf(last) }),
  }
}
