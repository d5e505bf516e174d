import type { ServerResponse } from 'node:http'
import { StreamError } from '../std/error.ts'
import type { Flow } from './api.ts'
import { EventStream } from './event-stream.ts'
import type { Lanes } from './lanes.ts'
import { coalesceMs } from './live-document.ts'
import {
  droppedReaders,
  lanesNow,
  lanesStalled,
  liveSeconds,
  readers as readersNow,
  skippedChanges,
} from './metrics.ts'

export const readersMax = 512
/** So often there is a flow although nothing came, so that rates fall and stalls are seen. */
const quietMs = 1_000

interface Reader {
  readonly stream: EventStream
  dropped: number
}

const written = (flow: Omit<Flow, 'dropped'>): string => JSON.stringify(flow).slice(0, -1)

/** What is written now, to all who look. Each flow is made once, for all of them. */
export class LiveFlow implements Disposable {
  readonly #lanes: Lanes
  readonly #nowMs: () => number
  readonly #readers = new Set<Reader>()
  readonly #timer: NodeJS.Timeout
  #toldMs = 0
  dropped = 0

  constructor(lanes: Lanes, nowMs: () => number = Date.now) {
    this.#lanes = lanes
    this.#nowMs = nowMs
    this.#timer = setInterval(() => this.#tick(), coalesceMs).unref()
  }

  get readers(): number {
    return this.#readers.size
  }

  refuseTooMany(): void {
    if (this.readers >= readersMax) throw new StreamError('web/busy', `more than ${readersMax} readers of /live`)
  }

  follow(response: ServerResponse, silenceMsMax?: number): void {
    const onEnd = (wasDropped: boolean) => {
      this.#readers.delete(reader)
      readersNow.of({ stream: 'flow' }).set(this.readers)
      if (!wasDropped) return
      this.dropped++
      droppedReaders.of({ stream: 'flow' }).add()
    }
    const options = { onEnd, onDrain: () => {}, ...(silenceMsMax !== undefined && { silenceMsMax }) }
    const reader: Reader = { stream: new EventStream(response, options), dropped: 0 }
    reader.stream.send('flow', `${written(this.#lanes.start(this.#nowMs()))},"dropped":0}`)
    this.#readers.add(reader)
    readersNow.of({ stream: 'flow' }).set(this.readers)
  }

  #tick() {
    const nowMs = this.#nowMs()
    if (!this.#lanes.hasChanges && nowMs - this.#toldMs < quietMs) return
    this.#toldMs = nowMs
    const hadChanges = this.#lanes.hasChanges
    const flow = this.#lanes.flow(nowMs)
    lanesNow.set(this.#lanes.count)
    lanesStalled.set(flow.stalled.length)
    if (this.readers > 0) this.#tell(flow)
    if (hadChanges && !Number.isNaN(this.#lanes.newest))
      liveSeconds.observe(Math.max(0, nowMs / 1e3 - this.#lanes.newest / 1e6))
  }

  /** Whoever has not taken the last ones yet misses this one, and is told how many changes that were. */
  #tell(flow: Omit<Flow, 'dropped'>) {
    const text = written(flow)
    const plain = Buffer.from(`event: flow\ndata: ${text},"dropped":0}\n\n`)
    for (const reader of this.#readers) {
      if (reader.stream.isBlocked) {
        reader.dropped += flow.lanes.length
        skippedChanges.add(flow.lanes.length)
      } else if (reader.dropped === 0) reader.stream.write(plain)
      else reader.stream.send('flow', `${text},"dropped":${reader.dropped}}`)
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const { stream } of this.#readers) stream.end()
  }
}
