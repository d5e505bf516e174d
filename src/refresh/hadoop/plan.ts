import type { Hdfs } from '../../wire/hdfs.ts'
import type { ClusterSize } from '../../wire/yarn.ts'
import type { Input } from '../inputs.ts'
import type { Job } from '../runner.ts'
import { type ListedInput, listInputs } from './input-list.ts'
import type { StreamingJob } from './job.ts'
import type { Setting } from './jobconf.ts'
import { divide } from './size.ts'

/** What of a job can be said before anything is done. */
export interface Plan {
  readonly id: string
  /** Where the job's own things lie, while it runs. */
  readonly hdfs: Hdfs
  readonly staging: string
  /** The job's output, on `hdfs`. */
  readonly dir: string
  readonly listed: readonly ListedInput[]
  readonly job: Omit<StreamingJob, 'inputs' | 'task' | 'jar'>
}

export interface Planning {
  readonly id: string
  readonly staging: string
  /** Where nothing else says which file system. */
  readonly hdfs: Hdfs
  readonly node: string
  readonly settings: readonly Setting[]
  readonly reducers: number | undefined
  readonly cluster: ClusterSize | undefined
}

export const tagOf = (id: string): string => `textstream-${id}`

/** The file system that a job's own things lie on: of the output, else of the inputs, else the usual one. */
export const hdfsOf = ({ outOn, inputs }: Pick<Job, 'outOn' | 'inputs'>, usual: Hdfs): Hdfs =>
  outOn ?? inputs.find(({ hdfs }) => hdfs !== undefined)?.hdfs?.hdfs ?? usual

/** What a local input is called below `in/`. */
export const inName = (i: number): string => `${i}.ndjson`

const pathOf = (input: Input, i: number, hdfs: Hdfs, staging: string) =>
  input.hdfs === undefined ? `${hdfs.name}${staging}/in/${inName(i)}` : input.name

const nameOf = ({ inputs }: Pick<Job, 'inputs'>) =>
  `textstream refresh ${inputs.length === 1 ? inputs[0].name : `of ${inputs.length} logs`}`

export const planOf = (job: Pick<Job, 'inputs' | 'out' | 'outOn' | 'attempts'>, planning: Planning): Plan => {
  const { id, staging, hdfs, node, settings, reducers, cluster } = planning
  const listed = listInputs(
    job.inputs,
    job.inputs.map((input, i) => pathOf(input, i, hdfs, staging)),
  )
  const dir = job.outOn === undefined ? `${staging}/out` : job.out
  return {
    ...{ id, hdfs, staging, dir, listed },
    job: {
      ...{ name: nameOf(job), tag: tagOf(id), node, settings, attempts: job.attempts, joined: job.outOn === undefined },
      ...{ input: hdfs.name + staging, output: hdfs.name + dir },
      ...divide(listed, cluster, reducers),
    },
  }
}
