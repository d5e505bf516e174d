import type { Clustering, Recipe, RecipeName } from '../cluster/cluster.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import type { Position, Topic } from '../topic/topic.ts'
import type { Warehouse, WarehouseWriter } from '../warehouse/warehouse.ts'
import { Answers } from './answers.ts'
import { Committer, type Counters } from './committer.ts'
import { Intake, isFull } from './intake.ts'
import * as metrics from './metrics.ts'
import { Origin } from './origin.ts'
import { type Settings, savedSettings, settingsOf } from './settings.ts'
import { Voices } from './voices.ts'
import { Windows } from './windows.ts'

/** What came is committed at the latest after this, … */
const commitMs = 200
/** … but in larger batches if so many rows come in that time: then it is catching up, and nobody waits for the newest. */
const catchUpRows = 20_000
const catchUpMs = 2000
/** Whoever waits so long for more has caught up. */
const idleMs = 20
/** Rows are committed together anyhow: no need to look at the topic for each of them. */
const gatherMs = 10
/** How often what has become due by its age is looked for while nothing comes. */
const rollCheckMs = 10_000

export interface ConsumeOptions {
  readonly clustering: Clustering
  readonly recipeOf: (name: RecipeName) => Recipe
  /** What the warehouse is to be begun with; where it was begun already, they must be the same. */
  readonly settings?: Partial<Settings>
  /** Goes on as records come, until `signal` aborts. Otherwise ends at the topic's end as it was at the start. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
  readonly progress?: Progress
}

/** Counted while it runs; the same object all the time. */
export interface Progress extends Counters {
  windows: number
  /** The latest model; 0 is none. */
  model: number
  /** Up to where the topic has been read, committed or not. */
  position: Position
}

export const newProgress = (): Progress => ({
  records: 0,
  rows: 0,
  malformed: 0,
  repeats: 0,
  conflicts: 0,
  windows: 0,
  model: 0,
  position: {},
})

/** How far a position is behind an end, in the topic's own units: bytes for the embedded log. */
export const lagOf = (end: Position, position: Position): number =>
  Object.entries(end).reduce((lag, [partition, offset]) => lag + Math.max(0, offset - (position[partition] ?? 0)), 0)

class Run {
  readonly #topic: Topic
  readonly #writer: WarehouseWriter
  readonly #options: ConsumeOptions
  readonly #origin: Origin
  readonly #windows: Windows
  readonly #intake: Intake
  readonly #committer: Committer
  readonly #progress: Progress
  readonly #stop = new AbortController()
  /** Since when it waits for more. */
  #idleSince = Number.POSITIVE_INFINITY
  #gatheringSince: number | undefined
  #failed: unknown

  constructor(topic: Topic, writer: WarehouseWriter, origin: Origin, settings: Settings, options: ConsumeOptions) {
    this.#topic = topic
    this.#writer = writer
    this.#options = options
    this.#origin = origin
    this.#progress = options.progress ?? newProgress()
    const recipe = options.recipeOf(settings.features)
    const { clustering } = options
    const answers = new Answers(recipe, writer)
    const voices = new Voices(answers)
    this.#windows = new Windows({ recipe, clustering, k: settings.clusters, seed: settings.seed }, writer)
    this.#intake = new Intake(answers, voices, this.#windows)
    const parts = { writer, answers, voices, windows: this.#windows, counters: this.#progress }
    this.#committer = new Committer(parts, writer.position ?? {})
    this.#progress.position = this.#committer.position
    this.#progress.windows = this.#windows.count
    this.#progress.model = this.#windows.model?.id ?? 0
    this.#committer.note(...savedSettings(settings))
  }

  async run(): Promise<void> {
    const timer = setInterval(() => this.#tick(), commitMs)
    const rolls = setInterval(() => this.#isIdle && this.#inBackground(this.#writer.roll()), rollCheckMs)
    using _ = this.#watch()
    try {
      await this.#readAll()
    } finally {
      clearInterval(timer)
      clearInterval(rolls)
    }
    if (this.#failed !== undefined) throw this.#failed
    await this.#finish()
  }

  #watch(): Disposable {
    const watched = new DisposableStack()
    const lag = isKafkaAddress(this.#topic.name) ? metrics.lagRecords : metrics.lagBytes
    watched.use(lag.from(async () => [['', lagOf(await this.#topic.end(), this.#committer.position)]]))
    watched.use(metrics.model.from(() => [['', this.#windows.model?.id ?? 0]]))
    watched.use(metrics.windows.from(() => [['', this.#windows.count]]))
    metrics.running.add(1)
    watched.defer(() => metrics.running.add(-1))
    return watched
  }

  async #readAll(): Promise<void> {
    const { signal, follow = false } = this.#options
    const stop = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    const batches = this.#topic
      .read(this.#committer.position, { follow, gatherMs, signal: stop })
      [Symbol.asyncIterator]()
    for (;;) {
      this.#idleSince = performance.now()
      const { done, value } = await batches.next()
      this.#idleSince = Number.POSITIVE_INFINITY
      if (done) return
      for (let at = 0; at < value.entries.length; ) at = await this.#take(value, at)
    }
  }

  async #take(batch: Parameters<Intake['take']>[0], from: number): Promise<number> {
    const first = from === 0 ? this.#origin.learn(batch.partition, batch.entries[0]) : undefined
    if (first !== undefined) this.#committer.note(...first)
    this.#gatheringSince ??= performance.now()
    const to = this.#intake.take(batch, from, this.#committer.gathering)
    this.#committer.reach(batch.partition, batch.entries[to - 1].next)
    this.#progress.windows = this.#windows.count
    this.#progress.position = this.#committer.position
    if (this.#windows.isFitDue) await this.#fit()
    if (isFull(this.#committer.gathering)) await this.#hand()
    return to
  }

  async #fit(): Promise<void> {
    const isFirst = this.#windows.model === undefined
    const beganMs = performance.now()
    const clusters = await this.#windows.fit()
    if (clusters.length > 0) metrics.fitSeconds.since(beganMs)
    metrics.noteFit(clusters)
    const { model } = this.#windows
    const { gathering } = this.#committer
    gathering.clusters.push(...clusters)
    this.#progress.model = model?.id ?? 0
    if (!isFirst || model === undefined) return
    const clusterOf = this.#windows.settle()
    gathering.fill = { model: model.id, clusterOf }
    gathering.fillRows()
  }

  get #isIdle() {
    return performance.now() - this.#idleSince > idleMs
  }

  #tick() {
    if (this.#gatheringSince === undefined) return
    const isCatchingUp = !this.#isIdle && this.#committer.gathering.rows.length >= catchUpRows
    if (isCatchingUp && performance.now() - this.#gatheringSince < catchUpMs) return
    this.#inBackground(this.#hand())
  }

  #hand(): Promise<void> {
    this.#gatheringSince = undefined
    return this.#committer.hand()
  }

  #inBackground(work: Promise<void>) {
    work.catch(error => {
      this.#failed ??= error
      this.#stop.abort()
    })
  }

  async #finish(): Promise<void> {
    const isWhole = this.#options.follow !== true && this.#options.signal?.aborted !== true
    if (isWhole && this.#windows.model === undefined) await this.#fit()
    await this.#hand()
    await this.#committer.settled()
    await this.#writer.roll({ all: true })
  }
}

/**
 * Reads the topic from where the warehouse's last commit left off, puts each record into the tables with the cluster of
 * its text, and commits position, rows and models together: whatever ends it, the next run goes on without loss or repeat.
 * Resolves when the end is reached, or after `signal`, with everything committed.
 */
export const consume = async (topic: Topic, warehouse: Warehouse, options: ConsumeOptions): Promise<void> => {
  await using writer = await warehouse.writer()
  const settings = settingsOf(writer, options.settings ?? {}, warehouse.name)
  const origin = new Origin(writer)
  await origin.check(topic, warehouse.name)
  await new Run(topic, writer, origin, settings, options).run()
}
