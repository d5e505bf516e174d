import { reasonOf, StreamError } from '../std/error.ts'
import type { ClusterList, Flow, Health } from '../web/api.ts'

const answerMsMax = 10_000
/** One event; `up` sends no longer ones. */
const eventUnitsMax = 8 * 1024 * 1024

export interface Asked {
  readonly url: string
  readonly token: string | undefined
}

const headersOf = ({ token }: Asked): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

const unreachable = ({ url }: Asked, cause: unknown) => {
  const why = reasonOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause)
  return new StreamError('top/unreachable', `ask ${url}: ${why}; is it up? try: textstream up`, { cause })
}

const refused = async ({ url }: Asked, response: Response) => {
  const told = (await response.json().catch(() => ({}))) as { detail?: unknown }
  const why = typeof told.detail === 'string' ? told.detail : `it answered ${response.status}; is it textstream up?`
  return new StreamError('top/refused', `ask ${url}: ${why}`)
}

const ask = async (asked: Asked, path: string, signal: AbortSignal, mayBe503 = false): Promise<Response> => {
  const request = fetch(new URL(path, asked.url), { headers: headersOf(asked), signal })
  const response = await request.catch(cause => {
    throw unreachable(asked, cause)
  })
  if (response.ok || (mayBe503 && response.status === 503)) return response
  throw await refused(asked, response)
}

const get = async <T>(asked: Asked, path: string, mayBe503 = false): Promise<T> => {
  const response = await ask(asked, path, AbortSignal.timeout(answerMsMax), mayBe503)
  return (await response.json()) as T
}

/** 503 is an answer, too: it says what is not well. */
export const healthOf = (asked: Asked): Promise<Health> => get(asked, 'health', true)
export const clustersOf = (asked: Asked): Promise<ClusterList> => get(asked, 'clusters')

/** What is written, until `signal` aborts or the server ends it. */
export async function* flowsOf(asked: Asked, signal: AbortSignal): AsyncGenerator<Flow> {
  const response = await ask(asked, 'live', signal)
  let held = ''
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const events = (held + piece).split('\n\n')
    held = events.pop()!
    if (held.length > eventUnitsMax) throw new StreamError('top/refused', `ask ${asked.url}: an event without an end`)
    for (const event of events) {
      const data = /^event: flow\n(?:.*\n)*?data: (.*)$/m.exec(event)?.[1]
      if (data !== undefined) yield JSON.parse(data) as Flow
    }
  }
}
