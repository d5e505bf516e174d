import { createHash } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileNameOf } from '../../chunk/file-name.ts'
import { StreamError } from '../../std/error.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import { attemptFileOf, type DocumentRow } from '../document.ts'
import { linesIn } from '../lines.ts'
import { attemptsName, documentsName } from '../output.ts'
import { eachAtOnce } from './at-once.ts'

const filesAtOnceMax = 8
const rowBytesMax = 2 ** 30

interface Text {
  /** Made of names that a record bears, never of what HDFS lists. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** The files of a row: its document, and the attempts that were written for it. */
const textsOf = ({ uri, bytes, sha256, parts = [] }: DocumentRow): Text[] => [
  { name: fileNameOf(uri), bytes, sha256 },
  ...parts
    .filter(({ file }) => file !== undefined)
    .map(part => ({
      name: join(attemptsName, attemptFileOf(uri, part.response_id ?? '')),
      bytes: part.bytes,
      sha256: part.sha256,
    })),
]

function* textsIn(listing: string): Generator<Text> {
  for (const { bytes } of linesIn(listing, rowBytesMax)) yield* textsOf(JSON.parse(bytes.toString()))
}

const otherThanListed = (where: string) =>
  new StreamError('hadoop/failed', `bring "${where}" here: it is not what the job says of it; nothing was published`)

const bringOne = async (hdfs: Hdfs, from: string, to: string, text: Text, signal: AbortSignal): Promise<void> => {
  const hash = createHash('sha256')
  const path = join(to, text.name)
  if (text.name.includes('/')) await mkdir(dirname(path), { recursive: true })
  await using file = await open(path, 'w')
  if (text.bytes > 0) {
    for await (const piece of hdfs.read(`${from}/${text.name}`)) {
      signal.throwIfAborted()
      hash.update(piece)
      await file.writeFile(piece)
    }
  }
  if (hash.digest('hex') !== text.sha256) throw otherThanListed(`${hdfs.name}${from}/${text.name}`)
}

/** Brings the documents that `_documents.ndjson` in `to` lists from the job's output; each is held against its digest. */
export const bringDocuments = (hdfs: Hdfs, from: string, to: string, signal: AbortSignal): Promise<void> =>
  eachAtOnce(textsIn(join(to, documentsName)), filesAtOnceMax, text => bringOne(hdfs, from, to, text, signal))
