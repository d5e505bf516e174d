import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../../std/error.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import { eachAtOnce } from '../at-once.ts'
import type { Counters } from '../counters.ts'
import type { Input } from '../inputs.ts'
import { mergeRows } from '../listing.ts'
import { documentsName, malformedName } from '../output.ts'
import type { Listing } from '../runner.ts'
import { cutTexts } from './bring.ts'
import { joinTallies, partName, parts } from './tally.ts'
import { withTopicOffsets } from './topic-rows.ts'

const readsAtOnceMax = 8
const newline = 0x0a

/** What the reducers of a job left on HDFS. */
export interface JobOutput {
  readonly hdfs: Hdfs
  readonly dir: string
  readonly reducers: number
}

/** All that reducers may leave beside documents. */
export const partsOf = ({ reducers }: JobOutput): string[] =>
  Array.from({ length: reducers }, (_, n) => [partName(parts.documents, n), partName(parts.tally, n)])
    .flat()
    .concat(partName(parts.malformed, 0))

const textOf = async (pieces: AsyncIterable<Buffer>): Promise<string> => {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all).toString()
}

/** Nothing where there is no such file. */
async function* ifThere(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces
  } catch (thrown) {
    if (!(thrown instanceof StreamError) || thrown.code !== 'hdfs/absent') throw thrown
  }
}

const download = async (pieces: AsyncIterable<Buffer>, path: string): Promise<Listing> => {
  const hash = createHash('sha256')
  let [bytes, count] = [0, 0]
  await using file = await open(path, 'w')
  for await (const piece of pieces) {
    hash.update(piece)
    bytes += piece.length
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) count++
    await file.writeFile(piece)
  }
  return { count, bytes, sha256: hash.digest('hex') }
}

/** Local files, and what they hold. */
export interface Collected {
  readonly counters: Counters
  readonly documents: Listing
  readonly malformed: Listing
}

export interface Collecting {
  /** As the job read them. */
  readonly inputs: readonly Input[]
  /** Local folders: where listings go as they are published, and one for what rests on the disk meanwhile. */
  readonly into: string
  readonly scratch: string
  /** The reducers joined the documents' texts; these go into `into` too. */
  readonly joined: boolean
  readonly signal: AbortSignal
}

/** A reducer's rows as a local file, and the texts that they tell of, if these are to come. */
const bringPart = async ({ hdfs, dir }: JobOutput, n: number, { into, scratch, joined, signal }: Collecting) => {
  const [rows, texts] = [partName(parts.documents, n), `${dir}/${partName(parts.texts, n)}`]
  const path = join(scratch, rows)
  await download(ifThere(hdfs.read(`${dir}/${rows}`)), path)
  if (joined) await cutTexts(ifThere(hdfs.read(texts)), path, into, hdfs.name + texts, signal)
  return path
}

/** Brings here what stands beside the documents, and their texts if they are joined. Reducers without work left nothing. */
export const collect = async (output: JobOutput, collecting: Collecting): Promise<Collected> => {
  const { hdfs, dir, reducers } = output
  const { inputs, into } = collecting
  const rows: string[] = []
  const tallies: string[] = []
  const each = async (n: number) => {
    rows.push(await bringPart(output, n, collecting))
    tallies.push(await textOf(ifThere(hdfs.read(`${dir}/${partName(parts.tally, n)}`))))
  }
  const rubbish = hdfs.read(`${dir}/${partName(parts.malformed, 0)}`)
  const [malformed] = await Promise.all([
    download(withTopicOffsets(ifThere(rubbish), inputs), join(into, malformedName)),
    eachAtOnce(Array(reducers).keys(), readsAtOnceMax, each),
  ])
  const counters = joinTallies(tallies.filter(text => text !== ''))
  return { counters, documents: mergeRows(rows, join(into, documentsName)), malformed }
}
