import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A reader that has taken nothing for so long, while there is more for it, is dropped. */
export const readerSilenceMsMax = 10_000
/** After which it has had its chance to read that it was dropped. */
const farewellMsMax = 2_000
/** So that nobody between takes a quiet connection for a dead one. */
const heartbeatMs = 15_000

const head = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

export interface EventStreamOptions {
  readonly silenceMsMax?: number
  /** Once: the reader has gone, or was dropped. */
  readonly onEnd: (wasDropped: boolean) => void
  /** The reader takes more again. */
  readonly onDrain: () => void
}

/**
 * Server-sent events to one reader. No more than a socket's buffer waits in memory, as long as `isBlocked` is heeded; it
 * stays so when the reader has gone.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #options: EventStreamOptions
  readonly #heartbeat: NodeJS.Timeout
  #silence: NodeJS.Timeout | undefined
  #hasEnded = false
  isBlocked = false

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response
    this.#options = options
    response.writeHead(200, head)
    response.flushHeaders()
    response.socket?.setNoDelay(true)
    response.on('drain', this.#drained)
    response.on('close', () => this.#end(false))
    response.on('error', () => this.#end(false))
    // A reader may have gone before; nothing tells of that any more.
    if (response.closed) queueMicrotask(() => this.#end(false))
    this.#heartbeat = setInterval(() => this.isBlocked || this.write(':\n\n'), heartbeatMs).unref()
  }

  /** `data` is one line. */
  send(event: string, data: string, id?: string): void {
    this.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`)
  }

  /** One or more whole events. */
  write(events: string | Uint8Array): void {
    if (this.#hasEnded || this.#response.write(events) || this.isBlocked) return
    this.isBlocked = true
    this.#silence = setTimeout(() => this.#drop(), this.#options.silenceMsMax ?? readerSilenceMsMax).unref()
  }

  end(): void {
    if (!this.#hasEnded) this.#response.end()
    this.#end(false)
  }

  readonly #drained = () => {
    if (this.#hasEnded) return
    this.isBlocked = false
    clearTimeout(this.#silence)
    this.#options.onDrain()
  }

  #drop() {
    if (this.#hasEnded) return
    const why = JSON.stringify({ reason: 'nothing was read for too long; connect again' })
    this.#response.end(`event: dropped\ndata: ${why}\n\n`)
    this.#end(true)
    sleep(farewellMsMax, undefined, { ref: false }).then(() => this.#response.destroy())
  }

  #end(wasDropped: boolean) {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.isBlocked = true
    clearTimeout(this.#silence)
    clearInterval(this.#heartbeat)
    this.#options.onEnd(wasDropped)
  }
}
