import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenSparkClustering } from '../../cluster/spark.ts'
import { StreamError } from '../../std/error.ts'
import type { Borders } from '../../topic/kafka-borders.ts'
import type { Position, Topic } from '../../topic/topic.ts'
import type { HiveTables } from '../../warehouse/hive.ts'
import type { SparkSession } from '../../wire/spark-connect/spark.ts'
import type { TableFiles } from '../../wire/table-files.ts'
import type { Progress } from '../consume.ts'
import { Origin } from '../origin.ts'
import { type Settings, settingsOf } from '../settings.ts'
import { type Done, doBatch } from './batch.ts'
import { Models } from './fitting.ts'
import { knownMax } from './known.ts'
import { Ledger } from './ledger.ts'
import { mergeBatches, mergeFilesMin, mergeSmall } from './merge.ts'
import { notesFor } from './notes.ts'
import { insistOn, isOutage } from './outage.ts'
import { Places } from './places.ts'
import { batchMsMax, batchRecordsMax, cut, waitingIn } from './plans.ts'
import type { Change, Plan } from './records.ts'
import type { KafkaOfSpark, Tools } from './tools.ts'

const tableOption = '--hive-table'

/** How often it is asked whether something waits. */
const pollMs = 100

export interface SparkConsumeOptions {
  /** A session of one's own. */
  readonly open: () => Promise<SparkSession>
  readonly tablesIn: (spark: SparkSession) => Promise<HiveTables>
  readonly clusteringIn: OpenSparkClustering
  /** The file system on which a table lies. */
  readonly filesAt: (location: string) => Promise<TableFiles>
  readonly topic: Topic
  readonly borders: { ask(signal?: AbortSignal): Promise<Borders> }
  readonly kafka: KafkaOfSpark
  /** What a person calls the table. */
  readonly table: string
  readonly settings: Partial<Settings>
  readonly progress: Progress
  /** Goes on as records come, until `signal` aborts. Otherwise ends at the topic's end as it was at the start. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
  readonly limits?: Partial<SparkLimits>
}

/** For tests: with low ones a small topic meets all of them. */
export interface SparkLimits {
  readonly batchRecordsMax: number
  readonly mergeBatches: number
  readonly mergeFilesMin: number
  /** Answers that are remembered as they are. */
  readonly answersMax: number
}

const limitsDefault: SparkLimits = { batchRecordsMax, mergeBatches, mergeFilesMin, answersMax: knownMax }

/** What is thrown away when Spark was gone. */
interface Session {
  readonly tools: Tools
  readonly models: Models
}

const openSession = async (options: SparkConsumeOptions, base: Omit<Tools, 'spark' | 'tables' | 'clustering'>) => {
  const spark = await options.open()
  try {
    const tables = await options.tablesIn(spark)
    const tools = { ...base, spark, tables, clustering: options.clusteringIn(spark) }
    return { tools, models: new Models(tools) }
  } catch (thrown) {
    await spark[Symbol.asyncDispose]()
    throw thrown
  }
}

class Run implements AsyncDisposable {
  readonly #options: SparkConsumeOptions
  readonly #ledger: Ledger
  readonly #base: Omit<Tools, 'spark' | 'tables' | 'clustering'>
  readonly #lockCheck: () => Promise<void>
  #session: Session | undefined

  constructor(
    options: SparkConsumeOptions,
    ledger: Ledger,
    base: Omit<Tools, 'spark' | 'tables' | 'clustering'>,
    session: Session,
    lockCheck: () => Promise<void>,
  ) {
    this.#options = options
    this.#ledger = ledger
    this.#base = base
    this.#session = session
    this.#lockCheck = lockCheck
    const { state } = ledger
    Object.assign(options.progress, { position: state.position, model: state.model, windows: state.rows })
  }

  async run(pending: Plan | undefined): Promise<void> {
    if (pending !== undefined) await this.#resume(pending)
    if (this.#options.follow) await this.#follow()
    else await this.#untilEnd()
    if (!this.#isStopped) await this.#merge()
    await this.#ledger.settle()
  }

  /** Does what an earlier run planned, unless the topic has not kept it: then all of it is planned anew. */
  async #resume(pending: Plan): Promise<void> {
    const { first } = await this.#options.borders.ask(this.#options.signal)
    const isKept = Object.entries(pending.from).every(([partition, offset]) => offset >= (first[partition] ?? 0))
    if (isKept) await this.#finish(pending)
    else await this.#ledger.discard(pending)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.tools.spark[Symbol.asyncDispose]().catch(() => {})
  }

  get #limits(): SparkLimits {
    return { ...limitsDefault, ...this.#options.limits }
  }

  get #isStopped(): boolean {
    return this.#options.signal?.aborted === true
  }

  async #untilEnd(): Promise<void> {
    const { borders, signal } = this.#options
    const asked = await borders.ask(signal)
    for (;;) {
      const waiting = waitingIn(this.#ledger.state.position, asked)
      if (waiting.records === 0 || this.#isStopped) return
      await this.#batch(cut(waiting, this.#limits.batchRecordsMax))
    }
  }

  async #follow(): Promise<void> {
    const { borders, signal } = this.#options
    let cutAt = Number.NEGATIVE_INFINITY
    while (!this.#isStopped) {
      const waiting = waitingIn(this.#ledger.state.position, await borders.ask(signal))
      const isDue = waiting.records >= this.#limits.batchRecordsMax || performance.now() - cutAt >= batchMsMax
      if (waiting.records === 0 || !isDue) {
        await sleep(pollMs, undefined, { signal }).catch(() => {})
        continue
      }
      cutAt = performance.now()
      await this.#batch(cut(waiting, this.#limits.batchRecordsMax))
    }
  }

  async #batch({ from, to }: { from: Position; to: Position }): Promise<void> {
    await this.#lockCheck()
    await this.#finish(await this.#ledger.plan(from, to))
  }

  /** Does what is planned, again if Spark was gone meanwhile, and publishes it. */
  async #finish(plan: Plan): Promise<void> {
    const notes = await this.#notes(plan)
    const done = await this.#insist(({ tools, models }) => doBatch(tools, this.#ledger.state, models, plan, notes))
    await this.#lockCheck()
    await this.#ledger.stage(done.staged)
    this.#session?.models.keep(done.modelled.model)
    await this.#ledger.publish(done.staged)
    this.#count(done)
    if (plan.batch % this.#limits.mergeBatches === 0) await this.#merge()
  }

  /** Small files become larger ones; if Spark is gone, some other time. */
  async #merge(): Promise<void> {
    if (this.#session === undefined) return
    try {
      const staged = await mergeSmall(this.#session.tools, this.#ledger.state, this.#limits.mergeFilesMin)
      if (staged === undefined) return
      await this.#ledger.stage(staged)
      await this.#ledger.publish(staged)
    } catch (thrown) {
      if (!isOutage(thrown)) throw thrown
    }
  }

  /** Brokers that are gone are waited for by `borders`, once they answered before. */
  async #notes(plan: Plan): Promise<Change['notes']> {
    const { topic, borders, signal } = this.#options
    for (;;) {
      await borders.ask(signal)
      try {
        return await notesFor(topic, this.#ledger.state, this.#base.settings, plan)
      } catch (thrown) {
        if (!(thrown instanceof StreamError) || thrown.code !== 'topic/unreachable' || signal?.aborted) throw thrown
      }
    }
  }

  async #insist(act: (session: Session) => Promise<Done>): Promise<Done> {
    const { signal } = this.#options
    for (;;) {
      try {
        this.#session ??= await insistOn(() => openSession(this.#options, this.#base), signal)
        return await act(this.#session)
      } catch (thrown) {
        if (!isOutage(thrown) || this.#session === undefined || signal?.aborted) throw thrown
        await this.#session.tools.spark[Symbol.asyncDispose]().catch(() => {})
        this.#session = undefined
      }
    }
  }

  #count({ counts, staged }: Done) {
    const { progress } = this.#options
    for (const name of ['records', 'rows', 'malformed', 'repeats', 'conflicts'] as const) progress[name] += counts[name]
    const { position, model, rows } = staged.change
    Object.assign(progress, { position, model, windows: rows })
  }
}

/**
 * Reads a topic of Kafka from where the table's last batch ended, and puts each record into the table once, with its
 * cluster: this process plans and publishes, Spark reads and writes. Whatever ends it, the next run goes on without loss or
 * repeat. Resolves when the end is reached, or after `signal`, once the batch at hand is published.
 */
export const consumeBySpark = async (options: SparkConsumeOptions): Promise<void> => {
  const spark = await options.open()
  let isOurs = true
  try {
    const tables = await options.tablesIn(spark)
    await using files = await options.filesAt(tables.chunks.location)
    const places = new Places(files.pathOf(tables.chunks.location))
    for (const folder of [places.batches, places.rows]) await files.makeFolder(folder)
    await using lock = await files.lock(places.lock)
    const { ledger, pending } = await Ledger.open(files, places, options.limits?.answersMax)
    const settings = settingsOf(ledger.state, options.settings, options.table, tableOption)
    await new Origin(ledger.state).check(options.topic, options.table, tableOption)
    const base = { files, places, settings, kafka: options.kafka }
    const tools = { ...base, spark, tables, clustering: options.clusteringIn(spark) }
    await using run = new Run(options, ledger, base, { tools, models: new Models(tools) }, () => lock.check())
    isOurs = false
    await run.run(pending)
  } finally {
    if (isOurs) await spark[Symbol.asyncDispose]().catch(() => {})
  }
}
