/** How long a stream that the server refused, e.g. while it starts, waits before it is asked for again. */
const reopenMsMin = 500
const reopenMsMax = 10_000
/** A page that nobody looks at gives its connections back: a browser has six for all tabs of an origin. */
const hiddenMsMax = 30_000

export type Listening = 'connecting' | 'open' | 'lost'

export interface LiveHandlers {
  /** Where to ask, behind the last event that came, if one did. */
  readonly address: (after: string | undefined) => string
  readonly events: Readonly<Record<string, (data: string) => void>>
  readonly onState: (state: Listening) => void
}

/**
 * Server-sent events that survive whatever happens to the connection. The browser goes on behind `Last-Event-ID` by
 * itself; where the server refused it, or the page was hidden for long, it is asked for again, behind the same event.
 */
class Listener {
  readonly #handlers: LiveHandlers
  #source: EventSource | undefined
  #reopening: ReturnType<typeof setTimeout> | undefined
  #hiding: ReturnType<typeof setTimeout> | undefined
  #waitMs = reopenMsMin
  #after: string | undefined

  constructor(handlers: LiveHandlers) {
    this.#handlers = handlers
    this.#open()
    document.addEventListener('visibilitychange', this.#onVisibility)
  }

  end(): void {
    document.removeEventListener('visibilitychange', this.#onVisibility)
    clearTimeout(this.#hiding)
    this.#close()
  }

  #open() {
    const { address, events, onState } = this.#handlers
    onState('connecting')
    const source = new EventSource(address(this.#after))
    this.#source = source
    for (const [name, handle] of Object.entries(events)) {
      source.addEventListener(name, event => {
        const { data, lastEventId } = event as MessageEvent<string>
        if (lastEventId !== '') this.#after = lastEventId
        handle(data)
      })
    }
    source.onopen = () => {
      this.#waitMs = reopenMsMin
      onState('open')
    }
    source.onerror = () => {
      onState('lost')
      if (source.readyState !== EventSource.CLOSED) return
      this.#reopening = setTimeout(() => this.#open(), this.#waitMs)
      this.#waitMs = Math.min(reopenMsMax, this.#waitMs * 2)
    }
  }

  #close() {
    clearTimeout(this.#reopening)
    this.#source?.close()
    this.#source = undefined
  }

  readonly #onVisibility = () => {
    clearTimeout(this.#hiding)
    if (document.visibilityState === 'hidden') this.#hiding = setTimeout(() => this.#close(), hiddenMsMax)
    else if (this.#source === undefined) this.#open()
  }
}

/** Returns how to end it. */
export const listen = (handlers: LiveHandlers): (() => void) => {
  const listener = new Listener(handlers)
  return () => listener.end()
}
