import * as plain from 'node:http'
import * as secure from 'node:https'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'

const redirectsMax = 3
const idleMsMax = 4_000
const idleSocketsMax = 64

export interface Limits {
  readonly connectMsMax: number
  /** How long a source may be silent, before its answer and between two pieces of it. An LLM may think for minutes. */
  readonly silenceMsMax: number
}

export interface Answer {
  readonly status: number
  readonly headers: plain.IncomingHttpHeaders
  readonly body: plain.IncomingMessage
  readonly silenceMsMax: number
  /** Gives the connection up. */
  drop(): void
}

type Headers = Readonly<Record<string, string>>

const isReset = (thrown: unknown) => ['ECONNRESET', 'EPIPE'].includes(errnoOf(thrown) ?? '')

/** Asks one origin, over connections that it keeps. By node:http, which says if a connection was kept, as fetch does not. */
export class Asker {
  readonly #base: URL
  readonly #name: string
  readonly #limits: Limits
  readonly #agent: plain.Agent

  constructor(base: URL, name: string, limits: Limits) {
    this.#base = base
    this.#name = name
    this.#limits = limits
    const options = { keepAlive: true, timeout: idleMsMax, maxFreeSockets: idleSocketsMax }
    this.#agent = base.protocol === 'https:' ? new secure.Agent(options) : new plain.Agent(options)
  }

  /** Resolves with the head of the answer, whatever its status. Rejects with `source/unreachable`. */
  async get(path: string, headers: Headers = {}, signal?: AbortSignal): Promise<Answer> {
    let target = `${this.#base.pathname.replace(/\/$/, '')}${path}`
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      const answer = await this.#request(target, headers, signal)
      const { location } = answer.headers
      if (answer.status < 300 || answer.status > 399 || location === undefined) return answer
      answer.drop()
      target = this.#sameOrigin(target, location)
    }
    throw this.#unreachable(`more than ${redirectsMax} redirects`)
  }

  /** A connection that was kept may have been closed by the other side just now: that is no answer, so it is asked again. */
  async #request(target: string, headers: Headers, signal: AbortSignal | undefined): Promise<Answer> {
    for (;;) {
      const request = this.#start(target, headers, signal)
      try {
        return this.#answerOf(await this.#headOf(request))
      } catch (thrown) {
        request.destroy()
        signal?.throwIfAborted()
        if (!(request.reusedSocket && isReset(thrown))) throw this.#failed(thrown)
      }
    }
  }

  #start(path: string, headers: Headers, signal: AbortSignal | undefined): plain.ClientRequest {
    const { protocol, hostname, port, username, password } = this.#base
    return (protocol === 'https:' ? secure : plain).request({
      agent: this.#agent,
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path,
      headers: { accept: 'application/x-ndjson, application/json', 'accept-encoding': 'identity', ...headers },
      ...(username !== '' && { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
      ...(signal !== undefined && { signal }),
    })
  }

  #headOf(request: plain.ClientRequest): Promise<plain.IncomingMessage> {
    const { connectMsMax, silenceMsMax } = this.#limits
    const late = (what: string, ms: number) => () => request.destroy(new Error(`${what} within ${ms} ms`))
    const connecting = setTimeout(late('no connection', connectMsMax), connectMsMax)
    const silence = setTimeout(late('no answer', silenceMsMax), silenceMsMax)
    const connected = () => clearTimeout(connecting)
    request.once('socket', socket => (socket.connecting ? socket.once('connect', connected) : connected()))
    return new Promise<plain.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject).end()
    }).finally(() => {
      clearTimeout(connecting)
      clearTimeout(silence)
    })
  }

  #answerOf(body: plain.IncomingMessage): Answer {
    const { silenceMsMax } = this.#limits
    body.on('error', () => {})
    return { status: body.statusCode!, headers: body.headers, body, silenceMsMax, drop: () => void body.destroy() }
  }

  #sameOrigin(from: string, location: string): string {
    const url = URL.canParse(location, new URL(from, this.#base).href)
      ? new URL(location, new URL(from, this.#base))
      : undefined
    if (url?.origin === this.#base.origin) return url.pathname + url.search
    throw this.#unreachable(`it redirects to another place, "${location}"; if you trust that, give it as the source`)
  }

  #failed(thrown: unknown): StreamError {
    const isRefused = errnoOf(thrown) === 'ECONNREFUSED'
    const why = isRefused ? 'connection refused' : reasonOf(thrown)
    return this.#unreachable(`${why}; is it up? try: textstream source -d DIR -p ${this.#base.port || 80}`, thrown)
  }

  #unreachable(why: string, cause?: unknown): StreamError {
    return new StreamError('source/unreachable', `ask ${this.#name}: ${why}`, { cause })
  }
}
