import { Agent } from 'node:http'
import { userInfo } from 'node:os'
import { StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import { type HdfsEndpoints, parseHdfsAddress } from './hdfs-address.ts'
import {
  type HdfsFolder,
  type HdfsPlace,
  hdfsFolder,
  httpPortDefault,
  isAt,
  isSameHost,
  placeAt,
} from './hdfs-place.ts'
import { send, textOf } from './webhdfs-exchange.ts'
import { nameNodeFault } from './webhdfs-fault.ts'
import { hdfsLimits } from './webhdfs-limits.ts'

const answerBytesMax = 1024 * 1024

const usage = (message: string) => new StreamError('hdfs/usage', message)

export interface HdfsSurroundings {
  /** TEXTSTREAM_HDFS, HADOOP_CONF_DIR, HADOOP_USER_NAME. */
  readonly env: NodeJS.ProcessEnv
  /** The configuration of the stack's own Hadoop, which need not be there. */
  readonly stackConf: string
}

/** What was asked for, as JSON; `undefined` if that was none. */
const askFor = async (url: URL): Promise<unknown> => {
  const agent = new Agent()
  try {
    return parseJson(await textOf(await send({ method: 'GET', url, agent }, hdfsLimits), answerBytesMax, hdfsLimits))
  } catch (thrown) {
    throw nameNodeFault('look for HDFS', url.origin, 'never', (thrown as Error).cause)
  } finally {
    agent.destroy()
  }
}

/** A NameNode knows its own address; one that says none, as gateways do, is named by where it answers. */
const nameOf = async (url: URL): Promise<string> => {
  const json = await askFor(new URL('/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus', url))
  const own = (json as { beans?: { HostAndPort?: unknown }[] } | undefined)?.beans?.[0]?.HostAndPort
  return `hdfs://${typeof own === 'string' && /^[\w.:[\]-]+$/.test(own) ? own : url.host}`
}

const httpUrl = (variable: string): URL => {
  const url = URL.canParse(variable) ? new URL(variable) : undefined
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.username !== '')
    throw usage(`TEXTSTREAM_HDFS is ${JSON.stringify(variable)}; write it as http://host:9870, or hdfs://host:9820`)
  if (!/:\d+\/?$/.test(variable)) url.port = String(httpPortDefault)
  return url
}

const placeOver = async (url: URL): Promise<HdfsPlace> => ({ name: await nameOf(url), nameNodes: [url.origin] })

const foldersIn = ({ env, stackConf }: HdfsSurroundings): HdfsFolder[] => {
  const given = env.HADOOP_CONF_DIR ? hdfsFolder(env.HADOOP_CONF_DIR, env) : undefined
  if (env.HADOOP_CONF_DIR && given === undefined)
    throw usage(`HADOOP_CONF_DIR is "${env.HADOOP_CONF_DIR}", where there is no core-site.xml and no hdfs-site.xml`)
  const stack = hdfsFolder(stackConf, env)
  return [given, stack].filter(folder => folder !== undefined)
}

/** `hdfs://authority/`, as somebody says who knows it. */
const knownPlace = async (authority: string, surroundings: HdfsSurroundings): Promise<HdfsPlace | undefined> => {
  const variable = surroundings.env.TEXTSTREAM_HDFS
  const url = variable && /^https?:/i.test(variable) ? httpUrl(variable) : undefined
  const over = url && isSameHost(url.host, authority) ? await placeOver(url) : undefined
  if (over !== undefined && isAt(over, authority)) return over
  for (const folder of foldersIn(surroundings)) {
    const place = folder.at(authority)
    if (place !== undefined) return place
  }
  return undefined
}

const placeOf = async (authority: string, surroundings: HdfsSurroundings): Promise<HdfsPlace> =>
  (await knownPlace(authority, surroundings)) ?? placeAt(authority)

const nowhere = `no HDFS is known; write hdfs://host:port/path, or set TEXTSTREAM_HDFS=http://host:9870 or HADOOP_CONF_DIR, or start one here: textstream stack up hadoop`

/** `hdfs:///`. */
const defaultPlace = async (surroundings: HdfsSurroundings): Promise<HdfsPlace> => {
  const variable = surroundings.env.TEXTSTREAM_HDFS
  if (variable && !/^hdfs:/i.test(variable)) return placeOver(httpUrl(variable))
  const authority = variable ? parseHdfsAddress(variable).authority : undefined
  if (authority !== undefined) return placeOf(authority, surroundings)
  const folder = foldersIn(surroundings)[0]
  if (folder === undefined) throw usage(nowhere)
  return folder.default()
}

const asUser = (place: HdfsPlace, { env }: HdfsSurroundings): HdfsEndpoints => ({
  ...place,
  user: env.HADOOP_USER_NAME || userInfo().username,
})

/**
 * The file system that an address means: `hdfs:///` is TEXTSTREAM_HDFS, else the one of HADOOP_CONF_DIR, else the
 * stack's; one that none of them knows is where Hadoop's usual ports are. Asks nobody but the NameNode that
 * TEXTSTREAM_HDFS names by its HTTP address, for its name.
 */
export const hdfsEndpoints = async (
  authority: string | undefined,
  surroundings: HdfsSurroundings,
): Promise<HdfsEndpoints> =>
  asUser(await (authority === undefined ? defaultPlace(surroundings) : placeOf(authority, surroundings)), surroundings)

/** The same, but only of a file system that the environment or the stack names; for addresses that others wrote. */
export const knownHdfsEndpoints = async (
  authority: string,
  surroundings: HdfsSurroundings,
): Promise<HdfsEndpoints | undefined> => {
  const named = surroundings.env.TEXTSTREAM_HDFS ? await defaultPlace(surroundings) : undefined
  const place = named && isAt(named, authority) ? named : await knownPlace(authority, surroundings)
  return place && asUser(place, surroundings)
}
