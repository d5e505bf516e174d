import type { Setting } from './jobconf.ts'

/** One run of map and reduce on a cluster, as Hadoop Streaming is told of it. */
export interface StreamingJob {
  readonly name: string
  /** By it the job is found again, whoever asks. */
  readonly tag: string
  /** Local files that go with the job: `inputs.json`, the tasks' program, the jar with our classes. */
  readonly inputs: string
  readonly task: string
  readonly jar: string
  /** As a node of the cluster calls it. */
  readonly node: string
  /** Streaming wants one, and would read it as a list of patterns; our input format goes by `inputs.json`. */
  readonly input: string
  /** An absent folder: `hdfs://host:port/path`. */
  readonly output: string
  readonly reducers: number
  readonly splitBytes: number
  /** Map and reduce run inside of the job's own container; if one of them fails, the job does. */
  readonly isSmall: boolean
  readonly attempts: boolean
  /** Texts in one file per reducer, as they are brought elsewhere. */
  readonly joined: boolean
  /** The user's, which win. */
  readonly settings: readonly Setting[]
}

/** A client asks how far the job is; the default is a second, and five for its end. */
const pollMs = 100
/** An application master asks for containers; the default is a second. */
const heartbeatMs = 100

const settingsOf = ({ name, tag, reducers, splitBytes, isSmall, inputs }: StreamingJob): Setting[] => [
  ['mapreduce.job.name', name],
  ['mapreduce.job.tags', tag],
  ['mapreduce.job.reduces', String(reducers)],
  ['textstream.inputs', inputs],
  ['textstream.split.bytes', String(splitBytes)],
  // Bytes in, bytes out; keys are compared as they are.
  ['stream.map.input', 'rawbytes'],
  ['stream.map.output', 'rawbytes'],
  ['stream.reduce.input', 'rawbytes'],
  ['stream.reduce.output', 'rawbytes'],
  // A task that waits for a busy machine is not slow by itself; twice the work would make it slower.
  ['mapreduce.map.speculative', 'false'],
  ['mapreduce.reduce.speculative', 'false'],
  // The receipt says that it is whole.
  ['mapreduce.fileoutputcommitter.marksuccessfuljobs', 'false'],
  ['mapreduce.client.progressmonitor.pollinterval', String(pollMs)],
  ['mapreduce.client.completion.pollinterval', String(pollMs)],
  ['yarn.app.mapreduce.am.scheduler.heartbeat.interval-ms', String(heartbeatMs)],
  ['mapreduce.job.ubertask.enable', String(isSmall)],
]

const reduceOf = ({ attempts, joined }: StreamingJob) => [
  'reduce',
  ...(attempts ? ['--attempts'] : []),
  ...(joined ? ['--joined'] : []),
]

/** Hadoop wants its general options before Streaming's own. */
export const streamingArguments = (job: StreamingJob): string[] => {
  const program = job.task.slice(job.task.lastIndexOf('/') + 1)
  const settings = [...settingsOf(job), ...job.settings]
  return [
    ...settings.flatMap(([name, value]) => ['-D', `${name}=${value}`]),
    ...['-files', [job.task, job.inputs].join(',')],
    ...['-libjars', job.jar],
    ...['-inputformat', 'textstream.hadoop.BlockInputFormat'],
    ...['-partitioner', 'textstream.hadoop.DocumentPartitioner'],
    ...['-outputformat', 'textstream.hadoop.DocumentOutputFormat'],
    ...['-input', job.input],
    ...['-output', job.output],
    ...['-mapper', [job.node, program, 'map'].join(' ')],
    ...['-reducer', [job.node, program, ...reduceOf(job)].join(' ')],
  ]
}
