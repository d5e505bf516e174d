import { reasonOf, StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'

/** What a cluster has, all of its nodes together. */
export interface ClusterSize {
  readonly nodes: number
  readonly memoryMiB: number
  readonly cores: number
}

export interface Application {
  readonly id: string
  /** NEW … RUNNING, and at last FINISHED, FAILED or KILLED. */
  readonly state: string
  readonly finalStatus: string
  readonly diagnostics: string
}

/** A try of a map or a reduce that failed. */
export interface FailedAttempt {
  readonly id: string
  readonly diagnostics: string
  readonly container: string | undefined
  /** `host:port` of the NodeManager. */
  readonly node: string | undefined
}

/** Where a job tells of itself: its own pages while it runs, the history server's afterwards. */
export type JobSource = 'running' | 'history'

/** YARN, over its REST API. Whatever cannot be asked rejects with `yarn/unreachable`, `yarn/denied` or `yarn/failed`. */
export interface Yarn {
  size(): Promise<ClusterSize>
  application(id: string): Promise<Application | undefined>
  /** Those that are not over. */
  tagged(tag: string): Promise<string[]>
  /** Resolves once YARN has taken the order; `application` says when it is over. */
  kill(id: string): Promise<void>
  failedAttempts(jobId: string, source: JobSource): Promise<FailedAttempt[]>
  /** The end of what a task wrote to its standard error. */
  errorsOf(attempt: FailedAttempt): Promise<string | undefined>
}

export interface YarnEndpoints {
  /** `http://host:8088`; of several ResourceManagers one is active. */
  readonly resourceManagers: readonly string[]
  /** `http://host:19888` */
  readonly history: string | undefined
  readonly user: string
}

const answerMsMax = 10_000
const answerCharsMax = 16 * 1024 * 1024
/** Of a task's standard error. */
const logBytesMax = 64 * 1024
const attemptsMax = 8

const todo = 'is it up? try: textstream stack up hadoop; or set HADOOP_CONF_DIR to the configuration of one that is'

type Json = Readonly<Record<string, unknown>>

const textOf = async (answer: Response): Promise<string> => {
  const text = await answer.text()
  if (text.length > answerCharsMax) throw new Error(`it answered more than ${answerCharsMax} characters`)
  return text
}

const call = async (url: URL, init?: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(answerMsMax) })
  } catch (cause) {
    const why = reasonOf((cause as Error).cause ?? cause)
    throw new StreamError('yarn/unreachable', `ask YARN at "${url.origin}": ${why}; ${todo}`, { cause })
  }
}

const refused = (url: URL, answer: Response, text: string): StreamError => {
  const { RemoteException: remote } = (parseJson(text) ?? {}) as { RemoteException?: { message?: unknown } }
  const why = typeof remote?.message === 'string' ? remote.message.split('\n')[0] : `HTTP ${answer.status}`
  const code = answer.status === 401 || answer.status === 403 ? 'yarn/denied' : 'yarn/failed'
  return new StreamError(code, `ask "${url.origin}${url.pathname}": ${why}`)
}

const listIn = (json: unknown, outer: string, inner: string): Json[] => {
  const list = (json as Record<string, Record<string, unknown> | null> | undefined)?.[outer]?.[inner]
  return Array.isArray(list) ? list : []
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const count = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0)

const applicationFrom = (json: Json): Application => ({
  id: text(json.id),
  state: text(json.state),
  finalStatus: text(json.finalStatus),
  diagnostics: text(json.diagnostics),
})

const attemptFrom = (json: Json): FailedAttempt => ({
  id: text(json.id),
  diagnostics: text(json.diagnostics),
  container: text(json.assignedContainerId) || undefined,
  node: text(json.nodeHttpAddress) || undefined,
})

/** What the history server writes around a log. */
const withoutFrame = (log: string): string =>
  log.replace(/^[\s\S]*?\nLogContents:\n/, '').replace(/\nEnd of LogType:[\s\S]*$/, '')

export const isOver = ({ state }: Application): boolean => /^(?:FINISHED|FAILED|KILLED)$/.test(state)

class RestYarn implements Yarn {
  readonly #endpoints: YarnEndpoints
  #active: string

  constructor(endpoints: YarnEndpoints) {
    this.#endpoints = endpoints
    this.#active = endpoints.resourceManagers[0]
  }

  async size(): Promise<ClusterSize> {
    const { clusterMetrics: m = {} } = (await this.#ask('/ws/v1/cluster/metrics')) as { clusterMetrics?: Json }
    return { nodes: count(m.activeNodes), memoryMiB: count(m.totalMB), cores: count(m.totalVirtualCores) }
  }

  async application(id: string): Promise<Application | undefined> {
    const { app } = (await this.#ask(`/ws/v1/cluster/apps/${id}`)) as { app?: Json }
    return app && applicationFrom(app)
  }

  async tagged(tag: string): Promise<string[]> {
    const json = await this.#ask(`/ws/v1/cluster/apps?applicationTags=${encodeURIComponent(tag)}`)
    return listIn(json, 'apps', 'app')
      .map(applicationFrom)
      .filter(app => !isOver(app))
      .map(({ id }) => id)
  }

  async kill(id: string): Promise<void> {
    const body = JSON.stringify({ state: 'KILLED' })
    await this.#ask(`/ws/v1/cluster/apps/${id}/state`, {
      method: 'PUT',
      body,
      headers: { 'content-type': 'application/json' },
    })
  }

  async failedAttempts(jobId: string, source: JobSource): Promise<FailedAttempt[]> {
    const jobs = await this.#jobs(jobId, source)
    const tasks = listIn(await this.#get(`${jobs}/tasks`), 'tasks', 'task')
    const failed: FailedAttempt[] = []
    // While it runs, a task whose try failed is tried again; afterwards those that gave up tell more.
    const first = tasks.toSorted((a, b) => Number(b.state === 'FAILED') - Number(a.state === 'FAILED'))
    for (const { id } of first.slice(0, source === 'history' ? attemptsMax : first.length)) {
      const json = await this.#get(`${jobs}/tasks/${id}/attempts`)
      const attempts = listIn(json, 'taskAttempts', 'taskAttempt')
      failed.push(...attempts.filter(({ state }) => state === 'FAILED').map(attemptFrom))
      if (failed.length > 0) return failed
    }
    return failed
  }

  async errorsOf({ container, node }: FailedAttempt): Promise<string | undefined> {
    if (container === undefined) return undefined
    const log = `${container}/stderr?size=-${logBytesMax}`
    const places = [
      ...(node === undefined ? [] : [`http://${node}/ws/v1/node/containerlogs/${log}`]),
      ...(this.#endpoints.history === undefined
        ? []
        : [`${this.#endpoints.history}/ws/v1/history/containerlogs/${log}`]),
    ]
    for (const place of places) {
      const answer = await call(new URL(place)).catch(() => undefined)
      if (answer?.ok) return withoutFrame(await textOf(answer))
    }
    return undefined
  }

  async #jobs(jobId: string, source: JobSource): Promise<string> {
    if (source === 'history') return `${this.#endpoints.history}/ws/v1/history/mapreduce/jobs/${jobId}`
    const application = jobId.replace(/^job/, 'application')
    return `${this.#active}/proxy/${application}/ws/v1/mapreduce/jobs/${jobId}`
  }

  async #get(url: string, init?: RequestInit): Promise<unknown> {
    const at = new URL(url)
    const answer = await call(at, init)
    const body = await textOf(answer)
    if (!answer.ok) throw refused(at, answer, body)
    return parseJson(body) ?? {}
  }

  /** The active ResourceManager, by asking one after the other; one on standby leads to it. */
  async #ask(path: string, init?: RequestInit): Promise<unknown> {
    let last: unknown
    const others = this.#endpoints.resourceManagers.filter(server => server !== this.#active)
    for (const server of [this.#active, ...others]) {
      try {
        const url = new URL(path, server)
        url.searchParams.set('user.name', this.#endpoints.user)
        const answer = await this.#get(url.href, init)
        this.#active = server
        return answer
      } catch (thrown) {
        last = thrown
        if (!(thrown instanceof StreamError) || thrown.code !== 'yarn/unreachable') throw thrown
      }
    }
    throw last
  }
}

export const yarn = (endpoints: YarnEndpoints): Yarn => new RestYarn(endpoints)
