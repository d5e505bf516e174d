import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import { StreamError } from '../../std/error.ts'
import { hostText, type SparkAddress } from './address.ts'
import { keepAliveMs, type SparkLimits, windowBytes } from './limits.ts'
import { type SparkSecurity, speaksTls } from './security.ts'

const timedOut = (connectMsMax: number) =>
  Object.assign(new Error(`no connection after ${connectMsMax} ms`), { code: 'ETIMEDOUT' })

const givenUp = () => Object.assign(new Error('the connection was given up'), { code: 'ECONNABORTED' })

/** Throws what the network said, or that it said nothing, or that somebody gave up. */
const opened = async (session: ClientHttp2Session, connectMsMax: number): Promise<void> => {
  const late = setTimeout(() => session.destroy(timedOut(connectMsMax)), connectMsMax)
  const ended = once(session, 'close').then(() => Promise.reject(givenUp()))
  try {
    await Promise.race([once(session, 'connect'), ended])
  } finally {
    clearTimeout(late)
  }
}

/**
 * The one HTTP/2 connection to a server, made when it is needed, and anew when it broke. What Connect's library brings
 * for that has no limit for connecting, keeps a window of 64 KiB, and cannot be told that a connection is dead.
 */
export class Connection implements Disposable {
  readonly authority: string
  readonly #security: SparkSecurity
  readonly #connectMsMax: number
  readonly #streams = new WeakMap<ClientHttp2Session, number>()
  #session: ClientHttp2Session | undefined
  #ready: Promise<ClientHttp2Session> | undefined
  #isClosed = false

  constructor(address: SparkAddress, security: SparkSecurity, { connectMsMax }: SparkLimits) {
    this.authority = `${speaksTls(address, security) ? 'https' : 'http'}://${hostText(address)}`
    this.#security = security
    this.#connectMsMax = connectMsMax
  }

  /** For Connect's transport. */
  async request(method: string, path: string, headers: OutgoingHttpHeaders): Promise<ClientHttp2Stream> {
    if (this.#isClosed) throw new StreamError('spark/session-gone', 'the session was closed; open another one')
    this.#ready ??= this.#open()
    const session = await this.#ready
    const { token } = this.#security
    const login = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const stream = session.request({ ...headers, ...login, ':method': method, ':path': path })
    this.#hold(session, 1)
    stream.once('close', () => this.#hold(session, -1))
    return stream
  }

  notifyResponseByteRead(): void {}

  async #open(): Promise<ClientHttp2Session> {
    const ca = this.#security.tls?.ca
    const session = connect(this.authority, {
      ...(ca !== undefined && { ca }),
      settings: { enablePush: false, initialWindowSize: windowBytes },
      // The socket's own options, which it is made with.
      ...{ keepAlive: true, keepAliveInitialDelay: keepAliveMs, noDelay: true },
    })
    this.#session = session
    const forget = () => {
      if (this.#session === session) this.#ready = undefined
    }
    // A server that is about to stop says so, and answers what it was asked before.
    session.once('goaway', forget)
    session.once('close', forget)
    // Each request on it fails for itself.
    session.on('error', forget)
    await opened(session, this.#connectMsMax)
    session.setLocalWindowSize(windowBytes)
    session.unref()
    return session
  }

  /** Only a connection that somebody waits on keeps the process. */
  #hold(session: ClientHttp2Session, more: 1 | -1): void {
    const streams = (this.#streams.get(session) ?? 0) + more
    this.#streams.set(session, streams)
    if (session.destroyed) return
    if (streams > 0) session.ref()
    else session.unref()
  }

  /** Whoever waits for an answer on it fails at once; the next request makes another one. */
  drop(): void {
    this.#ready = undefined
    this.#session?.destroy()
  }

  /** For good. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    this.drop()
  }
}
