import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { lagOf } from '../consume/consume.ts'
import type { Settings } from '../consume/settings.ts'
import { noteVersion } from '../metrics/metrics.ts'
import { openFolder, openTopic, openWarehouse } from '../pipeline.ts'
import type { HintOptions } from '../produce/hint.ts'
import { newProgress as newCapture } from '../produce/produce.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { noteConsumer } from '../topic/consumers.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import type { Topic } from '../topic/topic.ts'
import type { Health } from './api.ts'
import { Archive } from './archive.ts'
import { captureAll, pacedSource } from './capturing.ts'
import { type HiveWanted, newProgress, runConsumer } from './consumer.ts'
import { folderView } from './folder-view.ts'
import { GatedTables } from './gate.ts'
import { refuseOpen } from './guard.ts'
import { HiveView } from './hive-view.ts'
import { Hub } from './hub.ts'
import { Lanes } from './lanes.ts'
import { LiveDocuments } from './live-documents.ts'
import { LiveFlow } from './live-flow.ts'
import { loadPage } from './page-files.ts'
import { serve } from './server.ts'
import { SharedTopic } from './shared-topic.ts'
import { type Condition, supervise } from './supervise.ts'

export interface UpOptions {
  /** Texts that are captured; none: only what is posted. */
  readonly texts?: { readonly dir: string; readonly chunkSize: number; readonly rate: number } | undefined
  /** The topic: a log's folder or an address of Kafka. */
  readonly from: string
  /** Whether the right to write to it is taken at once and kept. */
  readonly keepsWriter: boolean
  readonly warehouse: string
  /** Spark fills this table instead of the folder `warehouse`. */
  readonly hive?: HiveWanted | undefined
  readonly settings: Partial<Settings>
  readonly port: number
  readonly host: string
  readonly token: string | undefined
  readonly version: string
  readonly hints?: HintOptions | undefined
  readonly logger?: FastifyBaseLogger
  readonly say: (text: string) => void
}

export interface Up extends AsyncDisposable {
  readonly url: string
  /** Rejects if a part fails in a way that trying again cannot mend. Never resolves otherwise. */
  readonly failed: Promise<never>
}

const healthMsMax = 250

/** Bytes of a log's files. */
const bytesIn = async (dir: string): Promise<number> => {
  const names = await readdir(dir).catch(() => [])
  const sizes = await Promise.all(
    names.map(name =>
      stat(join(dir, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

const conditionNow = (): Condition => ({ state: 'running', error: undefined })

/** All parts of one `up`, and what is said of them. */
class Running {
  readonly #options: UpOptions
  readonly #topic: Topic
  readonly #hub: Hub
  readonly #since = performance.now()
  readonly reading = conditionNow()
  readonly consuming = conditionNow()
  readonly capturing = conditionNow()
  readonly consumed = newProgress()
  readonly captured = newCapture()
  #asked: Promise<Health> | undefined

  constructor(options: UpOptions, topic: Topic, hub: Hub) {
    this.#options = options
    this.#topic = topic
    this.#hub = hub
  }

  health(readers: Health['readers']): Promise<Health> {
    const asked = this.#asked ?? this.#health(readers)
    if (this.#asked === undefined) {
      this.#asked = asked
      setTimeout(() => (this.#asked = undefined), healthMsMax).unref()
    }
    return asked
  }

  async #health(readers: Health['readers']): Promise<Health> {
    const { from, version, texts } = this.#options
    const isKafka = isKafkaAddress(from)
    const end = await this.#topic.end().catch(() => ({}))
    const { chunkRate, characterRate } = this.#hub.lanes
    const nowMs = Date.now()
    const failing = [this.reading, this.consuming, this.capturing].some(({ state }) => state === 'failed')
    const { rows, model, malformed, repeats, conflicts, position } = this.consumed
    const lag = lagOf(end, position)
    return {
      status: failing ? 'failing' : 'ok',
      version,
      uptimeSeconds: Math.round((performance.now() - this.#since) / 100) / 10,
      from,
      log: {
        bytes: isKafka ? null : await bytesIn(from),
        records: this.#hub.records,
        position: { ...this.#hub.position },
      },
      consume: {
        state: this.consuming.state === 'failed' ? 'failed' : lag === 0 ? 'waiting' : 'running',
        rows,
        lag,
        lagUnit: isKafka ? 'records' : 'bytes',
        model,
        malformed,
        repeats,
        conflicts,
        ...errorOf(this.consuming),
      },
      produce: {
        state: texts === undefined ? 'off' : this.capturing.state,
        chunks: this.captured.chunks,
        ...errorOf(this.capturing),
        ...errorOf(this.reading),
      },
      readers,
      chunksPerSecond: chunkRate.perSecond(nowMs),
      charactersPerSecond: characterRate.perSecond(nowMs),
    }
  }
}

const errorOf = ({ error }: Condition) => (error === undefined ? {} : { error })

/** Never resolves; rejects with the first of them that does. */
const firstFailure = (parts: readonly Promise<void>[]): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  for (const part of parts) part.catch(reject)
  promise.catch(() => {})
  return promise
}

/**
 * Source, producer, log, consumer, API and page in one process. Ends all of them in order when it is disposed of: what
 * was read is durable and committed then. Rejects before anything is begun if it would be open to all.
 */
export const up = async (options: UpOptions): Promise<Up> => {
  const { texts, from, warehouse: dir, hive, settings, say } = options
  refuseOpen(options)
  noteVersion(options.version)
  await using stack = new AsyncDisposableStack()
  const source = texts && pacedSource(await openFolder(texts.dir, texts.chunkSize, say), texts.rate)
  const topic = stack.use(new SharedTopic(await openTopic(from), { keeps: options.keepsWriter }))
  await (options.keepsWriter ? takeWriter(topic) : refuseAbsent(topic))
  const view = stack.use(new HiveView())
  const warehouse = new GatedTables(hive === undefined ? folderView(dir, await openWarehouse(dir)) : view)
  if (!isKafkaAddress(from)) await tellPrune(from, dir, say)
  const hub = new Hub(topic, new Lanes())
  const running = new Running(options, topic, hub)
  const archive = stack.use(new Archive(hub, from))
  const flow = stack.use(new LiveFlow(hub.lanes))
  const documents = stack.use(new LiveDocuments(hub, archive))
  const stop = new AbortController()
  const end = { signal: stop.signal, say }
  const consumer = { from, warehouse: dir, hive, settings }
  const consumed = { progress: running.consumed, onTables: view.show }
  const parts = [
    supervise(() => hub.run(stop.signal), { ...end, name: 'read', condition: running.reading }),
    supervise(() => runConsumer(consumer, consumed, stop.signal), {
      ...end,
      name: 'consume',
      condition: running.consuming,
    }),
  ]
  const { capturing: condition, captured: progress } = running
  const capturing = { ...end, progress, hints: options.hints, condition }
  if (source !== undefined)
    parts.push(supervise(() => captureAll(source, topic, capturing), { ...end, name: 'capture', condition }))
  const failed = firstFailure(parts)
  stack.defer(async () => {
    stop.abort()
    await Promise.allSettled(parts)
  })
  const readers = () => ({ now: flow.readers + documents.readers, dropped: flow.dropped + documents.dropped })
  const health = () => running.health(readers())
  const { port, host, token, logger } = options
  const page = loadPage
  const served = { topic, hub, archive, flow, documents, warehouse, health }
  const server = stack.use(await serve(served, { port, host, token, page, ...(logger && { logger }) }))
  const all = stack.move()
  return { url: server.url, failed, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** So that `log prune` knows whom to ask; a log that cannot be written to is read all the same. */
const tellPrune = async (log: string, dir: string, say: UpOptions['say']): Promise<void> => {
  const noted = await noteConsumer(log, { warehouse: resolve(dir) }).catch(reasonOf)
  const why = typeof noted === 'string' ? noted : noted.noted ? undefined : noted.reason
  if (why !== undefined) say(`textstream: warning: log prune will not know of this consumer: ${why}`)
}

/** One that cannot be reached may be so later; one that is not there is a mistake. */
const refuseAbsent = async (topic: Topic): Promise<void> => {
  await topic.end().catch(thrown => {
    if (thrown instanceof StreamError && thrown.code === 'topic/not-found') throw thrown
  })
}

/** Takes the right to write now, so that it is refused before anything else begins. */
const takeWriter = async (topic: SharedTopic): Promise<void> => {
  await using _ = await topic.writer()
}
