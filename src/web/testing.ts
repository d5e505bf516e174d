import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type UpOptions, up } from './up.ts'

/** What tests share: an `up` of their own in a folder of its own, and readers of its live answers. */

export interface OwnUp extends AsyncDisposable {
  readonly url: string
  readonly dir: string
  get(path: string): Promise<Response>
  text(path: string): Promise<string>
  json<T>(path: string): Promise<T>
  post(body: string | Uint8Array, query?: string, type?: string): Promise<Response>
}

export const ownUp = async (options: Partial<UpOptions> = {}): Promise<OwnUp> => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-own-up-'))
  const running = await up({
    from: join(dir, 'logs'),
    keepsWriter: true,
    warehouse: join(dir, 'warehouse'),
    settings: {},
    port: 0,
    host: '127.0.0.1',
    token: undefined,
    version: '0',
    say: () => {},
    ...options,
  })
  const { url } = running
  const get = (path: string) => fetch(url + path)
  return {
    url,
    dir,
    get,
    text: async path => (await get(path)).text(),
    json: async <T>(path: string) => (await get(path)).json() as Promise<T>,
    post: (body, query = '', type = 'application/x-ndjson') =>
      fetch(`${url}/records${query}`, { method: 'POST', body, headers: { 'content-type': type } }),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface LiveEvent {
  readonly event: string
  readonly data: string
  readonly id: string | undefined
}

const parse = (event: string): LiveEvent[] => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1]
  const [name, data] = [field('event'), field('data')]
  return name === undefined || data === undefined ? [] : [{ event: name, data, id: field('id') }]
}

/** The events of a live answer as they come, until `signal` aborts or the connection is cut. */
export async function* eventsOf(url: string, signal: AbortSignal, lastEventId?: string): AsyncGenerator<LiveEvent> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  let held = ''
  try {
    const response = await fetch(url, { headers, signal })
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (held + piece).split('\n\n')
      held = events.pop()!
      for (const event of events) yield* parse(event)
    }
  } catch {
    // Cut off, by us or by the server.
  }
}

/** What a page shows that follows a document, and where it would go on. */
export interface Shown {
  text: string
  id: string | undefined
  replaced: number
}

/** Follows into `shown` until it `isEnough`, or the connection is cut. */
export const followInto = async (
  shown: Shown,
  url: string,
  isEnough: (shown: Shown, event: LiveEvent) => boolean,
): Promise<void> => {
  const stop = new AbortController()
  for await (const event of eventsOf(url, stop.signal, shown.id)) {
    if (event.event === 'replaced') {
      shown.text = ''
      shown.replaced++
    }
    if (event.event === 'text') shown.text += JSON.parse(event.data).text
    if (event.id !== undefined) shown.id = event.id
    if (isEnough(shown, event)) break
  }
  stop.abort()
}

export const nothingShown = (): Shown => ({ text: '', id: undefined, replaced: 0 })

/** Asks again until it is so; fails after a while, saying what it was last. */
export const until = async <T>(ask: () => Promise<T>, isSo: (value: T) => boolean, msMax = 10_000): Promise<T> => {
  const began = performance.now()
  for (;;) {
    const value = await ask()
    if (isSo(value)) return value
    if (performance.now() - began > msMax)
      throw new Error(`still ${JSON.stringify(value)?.slice(0, 500)} after ${msMax} ms`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
