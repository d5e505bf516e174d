import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ListedInput } from '../../src/refresh/hadoop/input-list.ts'
import { mapTask } from '../../src/refresh/hadoop/map-task.ts'
import { reduceTask } from '../../src/refresh/hadoop/reduce-task.ts'
import { joinTallies, partName, parts } from '../../src/refresh/hadoop/tally.ts'
import { digestOf, listingOf, mergeRows } from '../../src/refresh/listing.ts'
import type { Job, Ran, Runner } from '../../src/refresh/runner.ts'

/** What Hadoop and our Java classes do between the tasks, done in this process: `Work` says where it cuts. */
export interface Work {
  readonly splitBytes: number
  readonly pieceBytes: number
  readonly reducers: number
  /** Inputs of these numbers come as if they were unpacked from `.gz`. */
  readonly packed: (input: number) => boolean
  readonly map: (order: Order) => void
  readonly reduce: (
    order: Order & { readonly partition: number; readonly attempts: boolean; readonly joined: boolean },
  ) => void
}

export interface Order {
  readonly input: number
  readonly output: number
  readonly inputs: readonly ListedInput[]
  readonly folder: string
}

const quiet = { counters: () => {}, alive: () => {} }

export const inThisProcess: Pick<Work, 'map' | 'reduce'> = {
  map: order => mapTask({ ...order, tell: quiet }),
  reduce: order => reduceTask({ ...order, tell: quiet }),
}

interface Frame {
  readonly key: Buffer
  readonly value: Buffer
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

const pack = (frames: readonly Frame[]): Buffer =>
  Buffer.concat(frames.flatMap(({ key, value }) => [int32(key.length), key, int32(value.length), value]))

const unpack = (bytes: Buffer): Frame[] => {
  const frames: Frame[] = []
  let at = 0
  const take = () => {
    const length = bytes.readInt32BE(at)
    at += 4 + length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) frames.push({ key: take(), value: take() })
  return frames
}

interface Range {
  readonly input: number
  readonly from: number
  readonly to: number
}

/** As BlockInputFormat: ranges of at most `splitBytes`; small ones of several files go into one split. */
const splitsOf = (sizes: readonly number[], { splitBytes, packed }: Work): Range[][] => {
  const splits: Range[][] = [[]]
  let used = 0
  for (const [input, size] of sizes.entries()) {
    const rangeBytes = packed(input) ? size : splitBytes
    for (let from = 0; from < size; from += rangeBytes) {
      const to = Math.min(size, from + rangeBytes)
      if (used > 0 && used + to - from > splitBytes) used = splits.push([]) - splits.length
      splits.at(-1)!.push({ input, from, to })
      used += to - from
    }
  }
  return splits
}

/** As BlockInputFormat: whole lines that begin within the range. */
const framesOfRange = ({ input, from, to }: Range, bytes: Buffer, { pieceBytes }: Work): Frame[] => {
  const begin = { key: Buffer.alloc(0), value: int32(input) }
  const first = from === 0 ? 0 : bytes.indexOf(0x0a, from - 1) + 1
  if ((from > 0 && first === 0) || first >= to) return [begin]
  const end = bytes.indexOf(0x0a, to - 1) + 1 || bytes.length
  const frames: Frame[] = [begin]
  for (let at = first; at < end; at += pieceBytes) {
    frames.push({ key: int64(at), value: bytes.subarray(at, Math.min(end, at + pieceBytes)) })
  }
  return frames
}

const uriEnd = Buffer.alloc(2)

/** As DocumentPartitioner, but for the hash. */
const partitionOf = ({ key }: Frame, reducers: number): number => {
  if (key[0] < 2) return 0
  const uri = key.subarray(1, key.indexOf(uriEnd, 1))
  return uri.reduce((hash, byte) => (Math.imul(hash, 31) + byte) >>> 0, 0) % reducers
}

/** As DocumentOutputFormat: frames of one file come one after another, but for those that stay open. */
const collect = async (frames: readonly Frame[], out: string) => {
  const seen = new Set<string>()
  let last = ''
  for (const { key, value } of frames) {
    const name = key.toString()
    if (name.endsWith('.txt') && name !== last && seen.has(name)) throw new Error(`"${name}" was closed already`)
    if (!seen.has(name)) await mkdir(dirname(join(out, name)), { recursive: true })
    await appendFile(join(out, name), value)
    seen.add(name)
    last = name
  }
}

const runTask = (folder: string, given: Buffer, act: (input: number, output: number) => void): Buffer => {
  const [from, into] = ['input', 'output'].map(name => join(folder, name))
  writeFileSync(from, given)
  const [input, output] = [openSync(from, 'r'), openSync(into, 'w')]
  try {
    act(input, output)
  } finally {
    closeSync(input)
    closeSync(output)
  }
  return readFileSync(into)
}

const readIfThere = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** As the client does after the job. */
const finish = ({ inputs, out }: Job, reducers: number): Ran => {
  const named = (part: string) => Array.from({ length: reducers }, (_, n) => join(out, partName(part, n)))
  const malformedPath = join(out, '_malformed.ndjson')
  const malformed = readIfThere(named(parts.malformed)[0]) ?? Buffer.alloc(0)
  writeFileSync(malformedPath, malformed)
  const tallies = named(parts.tally).flatMap(path => readIfThere(path)?.toString() ?? [])
  const counters = joinTallies(tallies)
  const rows = named(parts.documents).filter(path => readIfThere(path) !== undefined)
  const documents = mergeRows(rows, join(out, '_documents.ndjson'))
  for (const path of [...named(parts.malformed), ...named(parts.tally)]) rmSync(path, { force: true })
  return {
    counters,
    documents,
    malformed: listingOf(malformedPath, malformed.length, counters.malformed),
    inputDigests: inputs.map(({ path, size, packed }) => packed?.sha256 ?? digestOf(path, 0, size)),
  }
}

const gzipRatioMax = 1032

const listed = ({ inputs }: Job, { packed }: Work): ListedInput[] => {
  let base = 0
  return inputs.map(({ name, path, size }, input) => {
    const own = packed(input) ? Math.ceil(size / gzipRatioMax) : size
    const entry = { path, name, base, size: own }
    base += packed(input) ? own * gzipRatioMax : own
    return entry
  })
}

/** The tasks of the Hadoop runner, with all of Hadoop around them left out. */
export const hadoopTasks = (work: Work): Runner => ({
  name: 'hadoop',
  async run(job) {
    const { scratch, attempts } = job
    const inputs = listed(job, work)
    const bytes = job.inputs.map(({ path, size }) => readFileSync(path).subarray(0, size))
    const mapped: Frame[] = []
    const splits = splitsOf(
      bytes.map(({ length }) => length),
      work,
    )
    for (const split of splits) {
      const given = pack(split.flatMap(range => framesOfRange(range, bytes[range.input], work)))
      const made = runTask(scratch, given, (input, output) => work.map({ input, output, inputs, folder: scratch }))
      mapped.push(...unpack(made))
    }
    for (let partition = 0; partition < work.reducers; partition++) {
      const own = mapped.filter(frame => partitionOf(frame, work.reducers) === partition)
      // Streaming keeps nothing of a reducer that was given nothing.
      if (own.length === 0) continue
      const folder = join(scratch, `reduce-${partition}`)
      mkdirSync(folder)
      const sorted = pack(own.toReversed().sort((a, b) => a.key.compare(b.key)))
      const act = (input: number, output: number) =>
        work.reduce({ input, output, inputs, folder, partition, attempts, joined: false })
      await collect(unpack(runTask(scratch, sorted, act)), job.out)
    }
    return finish(job, work.reducers)
  },
})
