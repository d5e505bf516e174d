import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { StreamError } from '../std/error.ts'
import type { Topic } from '../topic/topic.ts'
import { Block } from './block.ts'
import type { DocumentRow } from './document.ts'
import { filesIn } from './files.ts'
import type { Input } from './inputs.ts'
import { mapper } from './map.ts'
import { reduce } from './reduce.ts'
import { Scratch } from './scratch.ts'
import { SliceReader, slicesOf } from './slices.ts'
import { Sorter } from './sort.ts'
import { openAll } from './topic-inputs.ts'

const sliceBytesMax = 4 * 1024 * 1024

/** One document out of a log, as a refresh would write it. */
export interface OneDocument extends Disposable {
  readonly row: DocumentRow
  open(): Readable
}

/** The answers of the block that belong to the document. */
const answersOf = ({ table, touched, touchedCount }: Block, uri: Buffer): Set<number> => {
  const answers = new Set<number>()
  for (let i = 0; i < touchedCount; i++) if (table.uriBytes(touched[i]).equals(uri)) answers.add(touched[i])
  return answers
}

const collect = (inputs: readonly Input[], uri: string, sorter: Sorter) => {
  const block = new Block()
  const map = mapper()
  const reader = new SliceReader(inputs, sliceBytesMax)
  const wanted = Buffer.from(uri)
  let arrival = 0
  try {
    for (const slice of slicesOf(inputs, sliceBytesMax)) {
      reader.load(slice)
      block.clear()
      block.read(reader.bytes, reader.from, reader.to)
      const answers = answersOf(block, wanted)
      for (let record = 0; answers.size > 0 && record < block.records; record++) {
        if (!answers.has(block.answerOf[record])) continue
        sorter.add(map(block.chunkOf(record), arrival++), block.lineOf(record))
      }
    }
  } finally {
    reader.close()
  }
}

const notFound = (uri: string, inputs: readonly string[]) =>
  new StreamError(
    'refresh/not-found',
    `cat "${uri}": ${inputs.join(', ')} has no record of it; a document's name is its whole destination_uri, as textstream tap shows it`,
  )

/** Rebuilds one document of the inputs. Rejects with code `refresh/not-found` if none of their records is its. */
export const readDocument = async (
  argv: readonly string[],
  uri: string,
  topics: readonly Topic[] = [],
): Promise<OneDocument> => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-cat-'))
  try {
    const sorter = new Sorter(join(dir, 'sort'))
    collect(await openAll(argv, topics, dir), uri.toWellFormed(), sorter)
    let row: DocumentRow | undefined
    using scratch = new Scratch(join(dir, 'text'))
    reduce(sorter.sorted(), { open: filesIn(dir), scratch, attempts: false, row: found => (row = found) })
    if (row === undefined) throw notFound(uri, [...argv, ...topics.map(({ name }) => name)])
    const found = row
    return {
      row: found,
      open: () => createReadStream(join(dir, found.file)),
      [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
    }
  } catch (thrown) {
    rmSync(dir, { recursive: true, force: true })
    throw thrown
  }
}
