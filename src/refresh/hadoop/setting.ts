import { userInfo } from 'node:os'
import { StreamError } from '../../std/error.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import { type Yarn, yarn } from '../../wire/yarn.ts'
import { type YarnConf, yarnConf } from '../../wire/yarn-endpoints.ts'
import { type Client, findClient, type StackHadoop } from './client.ts'
import type { Story } from './follow.ts'
import { type Jobconf, parseJobconf, type Setting } from './jobconf.ts'
import type { Said } from './said.ts'

/** What a cluster is, and how it is wanted to be used. */
export interface HadoopSetting {
  /** For what the job needs, where nothing says otherwise. */
  readonly hdfs: Hdfs
  readonly client: Client
  /** Not for jobs that run in the client. */
  readonly yarn: Yarn | undefined
  /** Where, on `hdfs`, Hadoop keeps what belongs to a job while it runs. */
  readonly jobFolder: string
  readonly user: string
  /** Node, as the cluster's nodes call it. */
  readonly node: string
  /** Local files: the tasks' program, and the jar with our classes. */
  readonly task: () => Promise<string>
  readonly jar: () => Promise<string>
  readonly settings: readonly Setting[]
  readonly reducers: number | undefined
  readonly signal: AbortSignal
  readonly tell: (said: Said, story: Story) => void
}

/** What a person asks for. */
export interface HadoopWishes {
  /** `name=value` */
  readonly jobconf: readonly string[]
  readonly reducers?: number
  /** Where Node is on the cluster's nodes. */
  readonly node?: string
  readonly signal: AbortSignal
  readonly tell: (said: Said, story: Story) => void
  /** Told why the job does not begin yet. */
  readonly onWait?: (why: string) => void
}

/** What there is. */
export interface HadoopSurroundings {
  readonly env: NodeJS.ProcessEnv
  readonly stack: StackHadoop | undefined
  readonly hdfs: Hdfs
  readonly task: () => Promise<string>
  readonly jar: () => Promise<string>
}

const usage = (message: string) => new StreamError('refresh/usage', message)

const isHere = ({ resourceManagers }: YarnConf) =>
  resourceManagers.every(url => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname))

const isLocal = ({ settings }: Jobconf, conf: YarnConf | undefined): boolean => {
  const framework = settings.find(([name]) => name === 'mapreduce.framework.name')?.[1]
  return framework === undefined ? conf?.isLocal === true : framework !== 'yarn'
}

/** A path is one word of a command that Streaming cuts into words. */
const checkedNode = (node: string): string => {
  if (/^[^"'\\\p{Cc}]+$/u.test(node)) return /\s/.test(node) ? `"${node}"` : node
  throw usage(`--hadoop-node ${JSON.stringify(node)}: no quotes and no backslashes, please`)
}

const noConf = () =>
  usage(
    'refresh -r hadoop: nothing says where the cluster is; set HADOOP_CONF_DIR to the folder with its configuration',
  )

export const hadoopSetting = (wishes: HadoopWishes, around: HadoopSurroundings): HadoopSetting => {
  const { env, stack, hdfs, task, jar } = around
  const jobconf = parseJobconf(wishes.jobconf)
  const client = findClient(env, stack)
  const conf = client.conf === undefined ? undefined : yarnConf(client.conf, env)
  const runsHere = isLocal(jobconf, conf)
  if (conf === undefined && !runsHere) throw noConf()
  const user = env.HADOOP_USER_NAME || userInfo().username
  return {
    ...{ hdfs, client, task, jar, settings: jobconf.settings, signal: wishes.signal, tell: wishes.tell },
    yarn: runsHere ? undefined : yarn(conf!),
    user,
    jobFolder: `${conf?.stagingFolder ?? ''}/${user}/.staging`,
    node: checkedNode(wishes.node ?? (runsHere || isHere(conf!) ? process.execPath : 'node')),
    reducers: wishes.reducers ?? jobconf.reducers,
  }
}
