import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../../std/error.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import type { Counters } from '../counters.ts'
import type { Input } from '../inputs.ts'
import { mergeRows } from '../listing.ts'
import { documentsName, malformedName } from '../output.ts'
import type { Listing } from '../runner.ts'
import { eachAtOnce } from './at-once.ts'
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

/** Brings what stands beside the documents here: the listings as they are published into `into`, parts through `scratch`. */
export const collect = async (
  output: JobOutput,
  inputs: readonly Input[],
  into: string,
  scratch: string,
): Promise<Collected> => {
  const { hdfs, dir, reducers } = output
  const rows = Array.from({ length: reducers }, (_, n) => join(scratch, partName(parts.documents, n)))
  const tallies: string[] = []
  let malformed: Listing | undefined
  const each = async (name: string) => {
    const pieces = hdfs.read(`${dir}/${name}`)
    if (name.startsWith(parts.tally)) tallies.push(await textOf(pieces))
    else if (name.startsWith(parts.documents)) await download(pieces, join(scratch, name))
    else malformed = await download(withTopicOffsets(ifThere(pieces), inputs), join(into, malformedName))
  }
  await eachAtOnce(partsOf(output), readsAtOnceMax, each)
  return {
    counters: joinTallies(tallies),
    documents: mergeRows(rows, join(into, documentsName)),
    malformed: malformed!,
  }
}
