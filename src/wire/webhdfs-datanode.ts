import { HdfsFault } from './webhdfs-fault.ts'
import type { NameNodes } from './webhdfs-namenodes.ts'

/** Where a file is read from, or written to. */
export interface DataNode {
  readonly url: URL
  readonly server: string
}

/** DataNodes that could not be talked to: another one is asked for, until there is none. */
export class Avoided {
  readonly #servers = new Set<string>()

  add({ url }: DataNode): void {
    this.#servers.add(url.host)
  }

  clear(): void {
    this.#servers.clear()
  }

  get parameters(): Record<string, string> {
    return this.#servers.size === 0 ? {} : { excludedatanodes: [...this.#servers].join(',') }
  }
}

const strange = (what: string, location: unknown) => {
  const shown = JSON.stringify(location)?.slice(0, 300)
  return new HdfsFault(
    'hdfs/failed',
    `${what}: the NameNode pointed to ${shown}, which is no DataNode's address`,
    'never',
  )
}

const secure = (what: string, { protocol, host }: URL) => {
  const message = `${what}: DataNode "${host}" is only there over "${protocol}", which textstream does not know; set dfs.http.policy to HTTP_AND_HTTPS`
  return new HdfsFault('hdfs/secure', message, 'never')
}

const urlIn = (what: string, location: unknown): URL => {
  if (typeof location !== 'string' || !URL.canParse(location)) throw strange(what, location)
  return new URL(location)
}

/** Follows one redirect, and only to where the protocol leads: the same operation, below /webhdfs/v1/. */
const checked = (what: string, location: unknown, op: string): DataNode => {
  const url = urlIn(what, location)
  if (url.protocol === 'https:') throw secure(what, url)
  const isOurs = url.pathname.startsWith('/webhdfs/v1/') && url.searchParams.get('op')?.toUpperCase() === op
  if (url.protocol !== 'http:' || !isOurs) throw strange(what, location)
  return { url, server: url.host }
}

export interface Wanted {
  readonly op: 'OPEN' | 'CREATE'
  readonly path: string
  readonly what: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Asks for a DataNode to do that with. */
export const dataNodeFor = async (nameNodes: NameNodes, wanted: Wanted, avoided: Avoided): Promise<DataNode> => {
  const { op, path, what } = wanted
  const parameters = { ...wanted.parameters, ...avoided.parameters, noredirect: 'true' }
  const method = op === 'OPEN' ? 'GET' : 'PUT'
  const answer = await nameNodes.ask({ method, op, path, parameters, what, mayRepeat: true })
  return checked(what, (answer as { Location?: unknown } | undefined)?.Location, op)
}
