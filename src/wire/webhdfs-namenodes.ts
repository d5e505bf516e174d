import { Agent, type IncomingMessage } from 'node:http'
import { parseJson } from '../std/json.ts'
import { harmless } from '../std/terminal.ts'
import { type HdfsEndpoints, hdfsPath } from './hdfs-address.ts'
import { Cut, send, textOf } from './webhdfs-exchange.ts'
import { type Again, faultOf, HdfsFault, nameNodeFault, type Refusal, strangeAnswer } from './webhdfs-fault.ts'
import type { HdfsLimits } from './webhdfs-limits.ts'
import { Patience } from './webhdfs-patience.ts'

/** So many questions at once are asked of a NameNode, on connections that are kept. */
const connectionsMax = 8
/** One page of a folder is up to a thousand entries. */
const answerBytesMax = 16 * 1024 * 1024
const root = '/webhdfs/v1'

export interface Question {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly op: string
  readonly path: string
  readonly parameters?: Readonly<Record<string, string>>
  /** What is tried, for people: `list "hdfs://…"`. */
  readonly what: string
  /** Asking twice is as good as once. */
  readonly mayRepeat: boolean
}

const refusalIn = (status: number, json: unknown): Refusal | undefined => {
  const remote = (json as { RemoteException?: { exception?: unknown; message?: unknown } } | null)?.RemoteException
  if (typeof remote?.exception !== 'string') return undefined
  return { status, exception: remote.exception, message: typeof remote.message === 'string' ? remote.message : '' }
}

/** The error in an answer that is none of success. */
export const refusedBy = async (what: string, server: string, answer: IncomingMessage, limits: HdfsLimits) => {
  const refusal = refusalIn(answer.statusCode!, parseJson(await textOf(answer, answerBytesMax, limits)))
  return refusal === undefined ? strangeAnswer(what, server, answer.statusCode!) : faultOf(what, refusal)
}

const hopeful = (mayRepeat: boolean): readonly Again[] => (mayRepeat ? ['elsewhere', 'unknown'] : ['elsewhere'])

/** Asks whichever NameNode is active, again while there is hope. */
export class NameNodes {
  readonly endpoints: HdfsEndpoints
  readonly limits: HdfsLimits
  /** Connections to DataNodes, which end them behind each file. Whoever reads or writes bounds how many there are. */
  readonly dataNodes = new Agent({ keepAlive: false })
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connectionsMax })
  #current = 0
  #hasAnswered = false
  #isClosed = false

  constructor(endpoints: HdfsEndpoints, limits: HdfsLimits) {
    this.endpoints = endpoints
    this.limits = limits
  }

  /** For people. */
  nameOf(path: string): string {
    return harmless(this.endpoints.name + path)
  }

  /** Ends all connections, also those that are used. */
  close(): void {
    this.#isClosed = true
    this.#agent.destroy()
    this.dataNodes.destroy()
  }

  /** What was answered, as JSON; `undefined` if nothing was. Rejects with `HdfsFault`. */
  async ask(question: Question): Promise<unknown> {
    const patience = new Patience(this.limits, this.#hasAnswered ? this.limits.againMsMax : this.limits.firstMsMax)
    for (let asked = 1; ; asked++) {
      const server = this.endpoints.nameNodes[this.#current]
      try {
        return await this.#askOne(server, question)
      } catch (thrown) {
        if (!(thrown instanceof HdfsFault) || !hopeful(question.mayRepeat).includes(thrown.again)) throw thrown
        this.#turnFrom(server)
        if (asked % this.endpoints.nameNodes.length === 0) await patience.pause(thrown, hopeful(question.mayRepeat))
      }
    }
  }

  /** Another question may have turned to the next one already. */
  #turnFrom(server: string) {
    const { nameNodes } = this.endpoints
    if (nameNodes[this.#current] === server) this.#current = (this.#current + 1) % nameNodes.length
  }

  #url(server: string, { op, path, parameters }: Question): URL {
    const url = new URL(root + hdfsPath(path).split('/').map(encodeURIComponent).join('/'), server)
    url.search = new URLSearchParams({ op, 'user.name': this.endpoints.user, ...parameters }).toString()
    return url
  }

  async #askOne(server: string, question: Question): Promise<unknown> {
    const { what, method } = question
    if (this.#isClosed) throw new HdfsFault('hdfs/closed', `${what}: the connection was closed`, 'never')
    try {
      const answer = await send({ method, url: this.#url(server, question), agent: this.#agent }, this.limits)
      this.#hasAnswered = true
      if (answer.statusCode === 307) return { Location: answer.headers.location, rest: void answer.resume() }
      if (answer.statusCode! >= 300) throw await refusedBy(what, server, answer, this.limits)
      const text = await textOf(answer, answerBytesMax, this.limits)
      const json = parseJson(text)
      if (text !== '' && json === undefined) throw strangeAnswer(what, server, answer.statusCode!)
      return json
    } catch (thrown) {
      if (!(thrown instanceof Cut)) throw thrown
      throw nameNodeFault(what, server, thrown.sent ? 'unknown' : 'elsewhere', thrown.cause)
    }
  }
}
