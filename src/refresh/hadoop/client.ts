import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { StreamError } from '../../std/error.ts'

/** How jobs are handed to a cluster: a program of Hadoop's that knows it. */
export interface Client {
  readonly command: string
  /** What comes before the job's own arguments. */
  readonly before: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Where the cluster's configuration lies, if that is known. */
  readonly conf: string | undefined
}

/** The Hadoop that the stack runs on this machine. */
export interface StackHadoop {
  readonly conf: string
  readonly java: string
  /** What comes before a main class. */
  readonly javaOptions: readonly string[]
}

const streamingMain = 'org.apache.hadoop.streaming.HadoopStreaming'

/** Where releases and distributions have it, below the folder above `bin/`, and beside it. */
const streamingFolders = [
  'share/hadoop/tools/lib',
  'tools/lib',
  'lib/hadoop-mapreduce',
  '../hadoop-mapreduce',
  '.',
  'contrib/streaming',
]

const usage = (message: string) => new StreamError('refresh/usage', message)

const jarIn = (folder: string): string | undefined => {
  if (!existsSync(folder)) return undefined
  const names = readdirSync(folder).filter(name => /^hadoop-streaming(?:-\d[\w.-]*)?\.jar$/.test(name))
  const jar = names.filter(name => !/-(?:sources|tests?|javadoc)\b/.test(name)).sort()[0]
  return jar === undefined ? undefined : join(folder, jar)
}

/** The jar with Hadoop Streaming that belongs to a `hadoop` command. */
const streamingJarOf = (hadoop: string, env: NodeJS.ProcessEnv): string => {
  if (env.TEXTSTREAM_HADOOP_STREAMING) return env.TEXTSTREAM_HADOOP_STREAMING
  const homes = [env.HADOOP_HOME, dirname(dirname(realpathSync(hadoop))), dirname(dirname(hadoop))]
  for (const home of homes.filter(one => one)) {
    for (const folder of streamingFolders) {
      const jar = jarIn(join(home!, folder))
      if (jar !== undefined) return jar
    }
  }
  throw usage(
    `"${hadoop}": no hadoop-streaming jar belongs to it; set TEXTSTREAM_HADOOP_STREAMING to where there is one`,
  )
}

const given = (variable: string, path: string): string => {
  if (existsSync(path)) return path
  throw usage(`${variable}: there is no "${path}"; it should lead to a hadoop command`)
}

const commandOf = (env: NodeJS.ProcessEnv): string | undefined => {
  if (env.TEXTSTREAM_HADOOP) return given('TEXTSTREAM_HADOOP', env.TEXTSTREAM_HADOOP)
  if (env.HADOOP_HOME) return given('HADOOP_HOME', join(env.HADOOP_HOME, 'bin/hadoop'))
  const folders = (env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  return folders.map(folder => join(folder, 'hadoop')).find(path => existsSync(path))
}

/** The command's own configuration, where the environment names none. */
const confOf = (hadoop: string): string | undefined =>
  ['etc/hadoop', 'conf'].map(name => join(dirname(dirname(realpathSync(hadoop))), name)).find(path => existsSync(path))

/** It lives for seconds, most of them spent on compiling. */
const shortLived = '-XX:TieredStopAtLevel=1'

const ofCommand = (hadoop: string, env: NodeJS.ProcessEnv, stack: StackHadoop | undefined): Client => {
  const isElsewhere = Boolean(env.HADOOP_CONF_DIR || env.TEXTSTREAM_HDFS)
  const conf = env.HADOOP_CONF_DIR || (isElsewhere ? undefined : stack?.conf)
  const options = [shortLived, env.HADOOP_CLIENT_OPTS].filter(one => one).join(' ')
  return {
    command: hadoop,
    before: ['jar', streamingJarOf(hadoop, env)],
    environment: { ...(conf ? { HADOOP_CONF_DIR: conf } : {}), HADOOP_CLIENT_OPTS: options },
    conf: conf || confOf(hadoop),
  }
}

const siteFiles = ['core-site.xml', 'hdfs-site.xml', 'yarn-site.xml', 'mapred-site.xml']

/** Another configuration than its own goes over what its own says. */
const ofStack = ({ conf, java, javaOptions }: StackHadoop, other: string | undefined): Client => {
  const sites = other === undefined ? [] : siteFiles.map(name => join(other, name)).filter(path => existsSync(path))
  return {
    command: java,
    before: [...javaOptions, streamingMain, ...sites.flatMap(path => ['-conf', path])],
    environment: { HADOOP_CONF_DIR: other ?? conf },
    conf: other ?? conf,
  }
}

const none = () =>
  usage(
    'refresh -r hadoop: no hadoop command here; set TEXTSTREAM_HADOOP or HADOOP_HOME, or start a Hadoop on this machine: textstream stack up hadoop',
  )

/** TEXTSTREAM_HADOOP, else HADOOP_HOME, else `hadoop` on the PATH, else the stack's jars. */
export const findClient = (env: NodeJS.ProcessEnv, stack: StackHadoop | undefined): Client => {
  const hadoop = commandOf(env)
  if (hadoop !== undefined) return ofCommand(hadoop, env, stack)
  if (stack === undefined) throw none()
  return ofStack(stack, env.HADOOP_CONF_DIR || undefined)
}
