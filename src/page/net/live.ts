/** How long a stream that the server ended for good, e.g. while it restarts, waits before it is opened anew. */
const reopenMsMin = 1000
const reopenMsMax = 10_000

export type Listening = 'connecting' | 'open' | 'lost'

export interface LiveHandlers {
  readonly events: Readonly<Record<string, (data: string) => void>>
  readonly onState: (state: Listening) => void
  /** It begins from the start: what came before will come again. */
  readonly onAnew: () => void
}

/**
 * Server-sent events that survive a lost connection. The browser goes on behind `Last-Event-ID` by itself; only where the
 * server refused it is the stream opened anew, and begins from the start.
 */
export const listen = (url: string, { events, onState, onAnew }: LiveHandlers): (() => void) => {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  let waitMs = reopenMsMin
  const open = () => {
    onAnew()
    onState('connecting')
    source = new EventSource(url)
    for (const [name, handle] of Object.entries(events)) {
      source.addEventListener(name, event => handle((event as MessageEvent<string>).data))
    }
    source.onopen = () => {
      waitMs = reopenMsMin
      onState('open')
    }
    source.onerror = () => {
      onState('lost')
      if (source.readyState !== EventSource.CLOSED) return
      timer = setTimeout(open, waitMs)
      waitMs = Math.min(reopenMsMax, waitMs * 2)
    }
  }
  open()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
