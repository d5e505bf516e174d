import { StreamError } from '../std/error.ts'
import { type HadoopSettings, hadoopSettings } from './hadoop-settings.ts'
import { type HdfsEndpoints, parseHdfsAddress } from './hdfs-address.ts'

/** Hadoop's own defaults. */
const rpcPortDefault = 8020
export const httpPortDefault = 9870
const nameNodesMax = 16

/** A file system, before it is known who asks. */
export type HdfsPlace = Omit<HdfsEndpoints, 'user'>

const usage = (message: string) => new StreamError('hdfs/usage', message)

const withPort = (authority: string, port: number) => (/:\d+$/.test(authority) ? authority : `${authority}:${port}`)

export const hostOf = (authority: string): string => authority.replace(/:\d+$/, '').toLowerCase()

const isLoopback = (host: string) => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host)

export const isSameHost = (a: string, b: string): boolean =>
  hostOf(a) === hostOf(b) || (isLoopback(hostOf(a)) && isLoopback(hostOf(b)))

const portOf = (authority: string) => Number(/:(\d+)$/.exec(authority)?.[1] ?? rpcPortDefault)

const authorityOf = ({ name }: HdfsPlace) => name.slice('hdfs://'.length)

/** Whether that place is what `hdfs://authority/` means. */
export const isAt = (place: HdfsPlace, authority: string): boolean =>
  isSameHost(authorityOf(place), authority) && portOf(authorityOf(place)) === portOf(authority)

/** Nothing is known but its address: WebHDFS is where it is unless somebody moved it. */
export const placeAt = (authority: string): HdfsPlace => ({
  name: `hdfs://${withPort(authority, rpcPortDefault)}`,
  nameNodes: [`http://${hostOf(authority)}:${httpPortDefault}`],
})

const list = (text: string | undefined): string[] =>
  (text ?? '').split(',').flatMap(one => (one.trim() === '' ? [] : [one.trim()]))

const anyAddress = /^(?:0\.0\.0\.0|\[::\])(?=:|$)/

/** Where the NameNodes of a service answer, or the only one of a host. */
const httpAddresses = (settings: HadoopSettings, authority: string): string[] => {
  const service = hostOf(authority)
  const ids = list(settings(`dfs.ha.namenodes.${authority}`)).slice(0, nameNodesMax)
  if (ids.length === 0) {
    const own = settings(`dfs.namenode.http-address.${authority}`) ?? settings('dfs.namenode.http-address')
    return [withPort((own ?? service).replace(anyAddress, service), httpPortDefault)]
  }
  return ids.map(id => {
    const address = settings(`dfs.namenode.http-address.${authority}.${id}`)
    if (address === undefined) throw usage(`"${authority}": no dfs.namenode.http-address.${authority}.${id} is set`)
    return withPort(address, httpPortDefault)
  })
}

const checkLogin = (settings: HadoopSettings, folder: string) => {
  if (settings('hadoop.security.authentication')?.toLowerCase() === 'kerberos')
    throw new StreamError(
      'hdfs/secure',
      `HDFS of "${folder}" wants Kerberos, which textstream does not know; copy with Hadoop's own commands`,
    )
  if (settings('dfs.http.policy') === 'HTTPS_ONLY')
    throw new StreamError(
      'hdfs/secure',
      `HDFS of "${folder}" answers over https only, which textstream does not know; set dfs.http.policy to HTTP_AND_HTTPS`,
    )
}

const defaultOf = (settings: HadoopSettings, folder: string): string => {
  const text = settings('fs.defaultFS') ?? settings('fs.default.name')
  const todo = 'write hdfs://host:port/path, or set TEXTSTREAM_HDFS'
  if (text === undefined) throw usage(`"${folder}" says no fs.defaultFS; ${todo}`)
  const authority = /^hdfs:\/\/./i.test(text) ? parseHdfsAddress(text).authority : undefined
  if (authority === undefined) throw usage(`"${folder}": its fs.defaultFS is "${text}", which is no HDFS; ${todo}`)
  return authority
}

/** A configuration folder, as HADOOP_CONF_DIR names one. */
export class HdfsFolder {
  readonly #folder: string
  readonly #settings: HadoopSettings

  constructor(folder: string, settings: HadoopSettings) {
    this.#folder = folder
    this.#settings = settings
  }

  /** The file system that `hdfs:///` means there. */
  default(): HdfsPlace {
    return this.#place(defaultOf(this.#settings, this.#folder))
  }

  /** The file system at `authority`, if this configuration knows it. */
  at(authority: string): HdfsPlace | undefined {
    if (list(this.#settings('dfs.nameservices')).includes(authority)) return this.#place(authority)
    const text = this.#settings('fs.defaultFS') ?? ''
    const own = /^hdfs:\/\/./i.test(text) ? this.default() : undefined
    return own !== undefined && isAt(own, authority) ? own : undefined
  }

  #place(authority: string): HdfsPlace {
    checkLogin(this.#settings, this.#folder)
    const isService = list(this.#settings('dfs.nameservices')).includes(authority)
    const name = `hdfs://${isService ? authority : withPort(authority, rpcPortDefault)}`
    return { name, nameNodes: httpAddresses(this.#settings, authority).map(address => `http://${address}`) }
  }
}

/** `undefined` if that folder holds no configuration. */
export const hdfsFolder = (folder: string, env: NodeJS.ProcessEnv): HdfsFolder | undefined => {
  const settings = hadoopSettings(folder, env)
  return settings && new HdfsFolder(folder, settings)
}
