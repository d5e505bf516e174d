import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../../std/error.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import { addCounters, type Counters, newCounters } from '../counters.ts'
import type { Input } from '../inputs.ts'
import { mergeRows } from '../listing.ts'
import { documentsName, malformedName } from '../output.ts'
import type { Listing } from '../runner.ts'
import { eachAtOnce } from './at-once.ts'
import { withTopicOffsets } from './topic-rows.ts'

const readsAtOnceMax = 8
const countersBytesMax = 1024 * 1024
const newline = 0x0a

/** What the reducers of a job left on HDFS. */
export interface JobOutput {
  readonly hdfs: Hdfs
  readonly dir: string
  readonly reducers: number
}

const partName = (kind: 'documents' | 'malformed' | 'counters', reducer: number): string =>
  `_${kind}-${String(reducer).padStart(5, '0')}`

export const partsOf = ({ reducers }: JobOutput): string[] =>
  Array.from({ length: reducers }, (_, n) => [partName('documents', n), partName('counters', n)])
    .flat()
    .concat(partName('malformed', 0))

const textOf = async ({ hdfs, dir }: JobOutput, name: string): Promise<string> => {
  const pieces: Buffer[] = []
  for await (const piece of hdfs.read(`${dir}/${name}`, { to: countersBytesMax })) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const isCounters = (json: unknown): json is Counters =>
  typeof json === 'object' &&
  json !== null &&
  Object.keys(newCounters()).every(name => Number.isSafeInteger((json as Record<string, unknown>)[name]))

const countersFrom = (name: string, text: string): Counters => {
  const json: unknown = JSON.parse(text)
  if (isCounters(json)) return json
  throw new StreamError('hadoop/failed', `"${name}" of the job holds no counters`)
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

/** Brings what stands beside the documents here: the listings as they are published into `into`, parts through `scratch`. */
export const collect = async (
  output: JobOutput,
  inputs: readonly Input[],
  into: string,
  scratch: string,
): Promise<Collected> => {
  const { hdfs, dir, reducers } = output
  const counters = newCounters()
  const parts = Array.from({ length: reducers }, (_, n) => join(scratch, partName('documents', n)))
  let malformed: Listing | undefined
  const each = async (name: string) => {
    if (name.startsWith('_counters')) addCounters(counters, countersFrom(name, await textOf(output, name)))
    else if (name.startsWith('_documents')) await download(hdfs.read(`${dir}/${name}`), join(scratch, name))
    else malformed = await download(withTopicOffsets(hdfs.read(`${dir}/${name}`), inputs), join(into, malformedName))
  }
  await eachAtOnce(partsOf(output), readsAtOnceMax, each)
  return { counters, documents: mergeRows(parts, join(into, documentsName)), malformed: malformed! }
}
