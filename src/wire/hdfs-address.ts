import { StreamError } from '../std/error.ts'

/** A place on HDFS, as people write it: `hdfs://host:port/path`, or `hdfs:///path` on the file system that is meant anyway. */
export interface HdfsAddress {
  /** `host:port`, or the name of a service with several NameNodes; absent in `hdfs:///path`. */
  readonly authority: string | undefined
  /** Absolute, without a slash at its end, `/` alone excepted. */
  readonly path: string
}

/** Where a file system can be asked, and by whom. */
export interface HdfsEndpoints {
  /** `hdfs://host:port`, or `hdfs://service`: how receipts name it. */
  readonly name: string
  /** `http://host:9870` of its NameNodes; of several, one is active at a time. */
  readonly nameNodes: readonly string[]
  readonly user: string
}

const example = 'hdfs:///user/you/logs or hdfs://host:9820/user/you/logs'

const usage = (message: string) => new StreamError('hdfs/usage', message)

/** Whether the text means a place on HDFS, well written or not. */
export const isHdfsAddress = (text: string): boolean => /^hdfs:/i.test(text)

const segmentProblem = (segment: string): string | undefined => {
  if (segment === '.' || segment === '..') return `HDFS knows no "${segment}" in a path; write the path out`
  if (segment.includes(':')) return 'HDFS takes no ":" in a name; use another character'
  if (!segment.isWellFormed() || segment.includes('\0')) return 'HDFS takes no such character in a name'
  return undefined
}

/** The path as HDFS has it; rejects what HDFS would refuse, before anything is asked. */
export const hdfsPath = (text: string): string => {
  const segments = text.split('/').filter(segment => segment !== '')
  const problem = segments.map(segmentProblem).find(found => found !== undefined)
  if (problem !== undefined) throw usage(`path ${JSON.stringify(text)}: ${problem}`)
  return `/${segments.join('/')}`
}

/** Nothing is decoded: `%20` in an address is `%20` in the name, as Hadoop's own commands have it. */
export const parseHdfsAddress = (text: string): HdfsAddress => {
  const parts = /^hdfs:(?:\/\/(?<authority>[^/]*))?(?<path>\/.*)?$/is.exec(text)?.groups
  if (parts === undefined) throw usage(`${JSON.stringify(text)} is no address on HDFS; write it as ${example}`)
  const { authority, path } = parts
  if (authority !== undefined && !/^(?:[\w.-]+(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?)?$/i.test(authority))
    throw usage(`${JSON.stringify(text)}: "${authority}" is no host:port; write it as ${example}`)
  return { authority: authority || undefined, path: hdfsPath(path ?? '/') }
}
