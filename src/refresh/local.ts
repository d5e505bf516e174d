import { openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileNameOf } from '../chunk/file-name.ts'
import { compareUtf8 } from '../std/bytes.ts'
import { Block, bySeqBit } from './block.ts'
import { addCounters, type Counters, newCounters } from './counters.ts'
import { Crew } from './crew.ts'
import { type DirectShare, type DirectTask, tooManyCode } from './direct.ts'
import { documentOf, plan } from './document.ts'
import { DocumentTable } from './document-table.ts'
import { listingOf, mergeRows, Rows } from './listing.ts'
import { documentsName, malformedName } from './output.ts'
import { phases } from './phases.ts'
import type { Job, Ran, Runner } from './runner.ts'
import { type InputShare, joinMalformed } from './share.ts'
import type { ReduceShare, ReduceTask, ShuffleTask } from './shuffle.ts'
import { simpleAnswer } from './simple.ts'
import { SliceReader, slicesOf } from './slices.ts'
import { Turns } from './turns.ts'

/** What bounds a run; tests set them low, to come by every border often. */
export interface LocalLimits {
  /** Less than this is done before a second thread is up. */
  readonly oneThreadBytesMax: number
  readonly sliceBytesMax: number
  /** With so many documents their files can be open all at once. */
  readonly documentsMax: number
  readonly spoolBytes: number
}

const largeSliceBytes = 16 * 1024 * 1024
const largeLogBytes = 1024 * 1024 * 1024
const spoolsMax = 512
const manyRecordsMin = 1000
const manyShare = 0.8

const defaults: LocalLimits = {
  oneThreadBytesMax: 24 * 1024 * 1024,
  sliceBytesMax: 4 * 1024 * 1024,
  documentsMax: DocumentTable.countMax,
  spoolBytes: 6 * 1024 * 1024,
}

/** What both ways over the inputs begin with. */
class Run {
  readonly job: Job
  readonly crew: Crew
  readonly allBytes: number
  readonly limits: LocalLimits
  readonly digests: (string | undefined)[]

  constructor(job: Job, limits: LocalLimits) {
    this.job = job
    this.limits = limits
    this.allBytes = job.inputs.reduce((sum, { size }) => sum + size, 0)
    this.crew = new Crew(
      this.allBytes <= limits.oneThreadBytesMax ? 1 : Math.min(DocumentTable.threadsMax, Math.max(1, job.threads)),
      phases,
    )
    this.digests = job.inputs.map(({ packed }) => packed?.sha256)
  }

  inputTask(sliceBytesMax: number) {
    const { inputs, scratch } = this.job
    const toHash = [...inputs.keys()].filter(i => this.digests[i] === undefined)
    const slices = slicesOf(inputs, sliceBytesMax)
    return { inputs, slices, sliceBytesMax, scratch, turns: Turns.memory(), threads: this.crew.size, toHash }
  }

  tick(slices: number): (done: number) => void {
    return done => this.job.progress(Math.min(this.allBytes - 1, (done / slices) * this.allBytes), this.allBytes)
  }

  /** Keeps the digests, counts lines, and writes `_malformed.ndjson`. */
  takeIn(shares: readonly InputShare[], counters: Counters): Ran['malformed'] {
    for (const share of shares) {
      for (const [input, sha256] of share.digests) this.digests[input] = sha256
      addCounters(counters, share.counters)
    }
    const path = join(this.job.out, malformedName)
    const { bytes, count } = joinMalformed(
      shares.flatMap(({ malformed }) => malformed),
      path,
    )
    return listingOf(path, bytes, count)
  }
}

interface Direct {
  readonly malformed: Ran['malformed']
  /** A file of rows. */
  readonly rows: string
  /** The documents that are left to the shuffle. */
  readonly hard: ReadonlySet<string>
}

const specialsOf = (shares: readonly DirectShare[]) => {
  const specials = new Map<number, DirectShare['specials']>()
  for (const special of shares.flatMap(share => share.specials)) {
    const others = specials.get(special.document)
    if (others === undefined) specials.set(special.document, [special])
    else others.push(special)
  }
  return specials
}

const directAnswer = (at: number, documents: DocumentTable, digests: Buffer, specials: DirectShare['specials']) => {
  const ends = specials.filter(({ end }) => end !== undefined)
  const isLast = ends.length === 0 || ends[0].endKey === documents.records[at] - 1
  if (documents.isHard(at) || ends.length > 1 || !isLast) return undefined
  return simpleAnswer({
    responseId: documents.idOf(at),
    source: specials.find(({ source }) => source !== undefined)?.source,
    end: ends[0]?.end,
    bytes: documents.sizes[at],
    sha256: digests.toString('hex', at * 32, at * 32 + 32),
    firstMicros: documents.firstMicros[at],
    lastMicros: documents.lastMicros[at],
    outOfOrder: documents.outOfOrder[at],
    bySeq: (documents.bits[at] & bySeqBit) !== 0,
    records: documents.records[at],
  })
}

const directRows = (
  run: Run,
  task: DirectTask,
  shares: readonly DirectShare[],
  counters: Counters,
): Omit<Direct, 'malformed'> => {
  const documents = new DocumentTable(task.documents)
  const digests = Buffer.from(task.digests)
  const specials = specialsOf(shares)
  const hard = new Set<string>()
  const path = join(run.job.scratch, 'rows-direct')
  using rows = new Rows(path, counters)
  const named = Array.from({ length: documents.count }, (_, at) => ({ at, uri: documents.uriOf(at) }))
  for (const { at, uri } of named.sort((a, b) => compareUtf8(a.uri, b.uri))) {
    const answer = directAnswer(at, documents, digests, specials.get(at) ?? [])
    if (answer !== undefined) rows.add(documentOf(uri, plan([answer]), answer.sha256, run.job.attempts))
    else {
      hard.add(uri)
      rmSync(join(run.job.out, fileNameOf(uri)), { force: true })
    }
  }
  return { rows: path, hard }
}

const removeAllBut = (dir: string, keep: string) => {
  for (const name of readdirSync(dir)) if (join(dir, name) !== keep) rmSync(join(dir, name), { recursive: true })
  for (const name of readdirSync(keep)) if (name.startsWith('malformed-')) rmSync(join(keep, name))
}

/** Nothing if there are too many documents for it. */
const runDirect = async (run: Run, counters: Counters): Promise<Direct | undefined> => {
  const task: DirectTask = {
    ...run.inputTask(run.allBytes > largeLogBytes ? largeSliceBytes : run.limits.sliceBytesMax),
    documentsMax: run.limits.documentsMax,
    out: run.job.out,
    documents: DocumentTable.memory(),
    digests: new SharedArrayBuffer(32 * DocumentTable.countMax),
  }
  try {
    const shares = await run.crew.run<DirectShare>('direct', task, run.tick(task.slices.length))
    return { malformed: run.takeIn(shares, counters), ...directRows(run, task, shares, counters) }
  } catch (thrown) {
    new DocumentTable(task.documents).closeFiles()
    if ((thrown as { code?: string }).code !== tooManyCode) throw thrown
    removeAllBut(run.job.out, run.job.scratch)
    return undefined
  } finally {
    new DocumentTable(task.documents).closeGroupFiles(run.crew.size)
  }
}

interface Shuffled {
  readonly shares: readonly InputShare[]
  readonly rows: readonly string[]
}

const runShuffle = async (run: Run, uris: ReadonlySet<string> | undefined, counters: Counters): Promise<Shuffled> => {
  const { scratch, out, attempts } = run.job
  const count = Math.min(spoolsMax, Math.max(1, Math.ceil(run.allBytes / run.limits.spoolBytes)))
  const paths = Array.from({ length: count }, (_, i) => join(scratch, `spool-${i}`))
  const task: ShuffleTask = {
    ...run.inputTask(run.limits.sliceBytesMax),
    spools: paths.map(path => openSync(path, 'w+')),
    lengths: new SharedArrayBuffer(8 * count),
    uris,
  }
  const shares = await run.crew.run<InputShare>('shuffle', task, run.tick(task.slices.length))
  const lengths = new Float64Array(task.lengths)
  const spools = paths.map((path, i) => ({ path, file: task.spools[i], bytes: lengths[i] }))
  const reduceTask: ReduceTask = { turns: Turns.memory(), scratch, out, attempts, spools }
  const reduced = await run.crew.run<ReduceShare>('reduceShare', reduceTask)
  for (const share of reduced) addCounters(counters, share.counters)
  return { shares, rows: reduced.flatMap(({ rows }) => rows) }
}

/** Whether nearly every record at the front of the log is of another document: then the quick way need not be tried. */
const beginsWithMany = ({ job, allBytes, limits }: Run): boolean => {
  const [slice] = slicesOf(job.inputs, limits.sliceBytesMax)
  if (slice === undefined || allBytes <= limits.oneThreadBytesMax) return false
  const reader = new SliceReader(job.inputs, limits.sliceBytesMax)
  const block = new Block()
  reader.load(slice)
  block.index(reader.bytes, reader.from, reader.to)
  reader.close()
  return block.records > manyRecordsMin && block.table.count > block.records * manyShare
}

const runAll = async (run: Run): Promise<Ran> => {
  const counters = newCounters()
  const rows: string[] = []
  let malformed: Ran['malformed']
  const direct = beginsWithMany(run) ? undefined : await runDirect(run, counters)
  if (direct === undefined) {
    const shuffled = await runShuffle(run, undefined, counters)
    malformed = run.takeIn(shuffled.shares, counters)
    rows.push(...shuffled.rows)
  } else {
    malformed = direct.malformed
    rows.push(direct.rows)
    if (direct.hard.size > 0) rows.push(...(await runShuffle(run, direct.hard, counters)).rows)
  }
  run.job.progress(run.allBytes, run.allBytes)
  return {
    counters,
    documents: mergeRows(rows, join(run.job.out, documentsName)),
    malformed,
    inputDigests: run.digests as string[],
  }
}

/** Map, sort and reduce on all cores, on bytes, in memory bounded by slices and spools. */
export const localRunner = (limits: Partial<LocalLimits> = {}): Runner => ({
  name: 'local',
  async run(job) {
    const run = new Run(job, { ...defaults, ...limits })
    await using _crew = run.crew
    return await runAll(run)
  },
})

export const local = localRunner()
