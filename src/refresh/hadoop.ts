import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { eachAtOnce } from './at-once.ts'
import { collect, type JobOutput, partsOf } from './hadoop/collect.ts'
import type { DryRun } from './hadoop/dry-run.ts'
import { emptyStory, type Story } from './hadoop/follow.ts'
import { localFiles } from './hadoop/local-files.ts'
import { hdfsOf, type Plan, planOf, tagOf } from './hadoop/plan.ts'
import { endTagged, JobFailed, type JobRun, runJob } from './hadoop/run-job.ts'
import type { HadoopSetting } from './hadoop/setting.ts'
import { checkName, checkSame, digestOnHdfs, upload } from './hadoop/sources.ts'
import { openStaging } from './hadoop/staging.ts'
import type { Input } from './inputs.ts'
import { documentsName, malformedName } from './output.ts'
import type { Job, Ran, Runner } from './runner.ts'

const filesAtOnceMax = 4

/** Brings what is local to HDFS; gives the digests of what had to be read for that. */
const bringThere = async (inputs: readonly Input[], { listed, hdfs }: Plan, signal: AbortSignal) => {
  const digests: (string | undefined)[] = inputs.map(() => undefined)
  await eachAtOnce(inputs.entries(), filesAtOnceMax, async ([i, input]) => {
    if (input.hdfs !== undefined) return
    digests[i] = await upload(input, hdfs, listed[i].path.slice(hdfs.name.length), signal)
  })
  return digests
}

const digestRest = (inputs: readonly Input[], digests: (string | undefined)[], signal: AbortSignal): Promise<void> =>
  eachAtOnce(inputs.entries(), filesAtOnceMax, async ([i, input]) => {
    digests[i] ??= await digestOnHdfs(input, signal)
  })

const failureOf = (thrown: unknown) => (thrown instanceof JobFailed ? thrown.failure : thrown)

/** A small job inside of one container has one try for all: if it fails, its tasks get containers of their own, and tries. */
const runWithSecondTry = async (run: JobRun, { hdfs, dir }: Plan): Promise<Story> => {
  try {
    return await runJob(run)
  } catch (thrown) {
    if (!(thrown instanceof JobFailed) || !thrown.deservesMore) throw failureOf(thrown)
    run.tell({ kind: 'again', why: thrown.failure.message }, emptyStory())
  }
  await hdfs.remove(dir)
  try {
    return await runJob({ ...run, job: { ...run.job, isSmall: false } })
  } catch (thrown) {
    throw failureOf(thrown)
  }
}

/** What lies beside the documents on HDFS becomes what is published. */
const finishThere = async (output: JobOutput, local: string): Promise<void> => {
  const { hdfs, dir } = output
  await eachAtOnce(partsOf(output), filesAtOnceMax, async name => void (await hdfs.remove(`${dir}/${name}`)))
  await eachAtOnce([documentsName, malformedName], 2, name =>
    hdfs.write(`${dir}/${name}`, createReadStream(join(local, name))),
  )
}

/** All of them; if one fails, the others are stopped before it rejects with that failure. */
const together = async (work: readonly Promise<unknown>[], stopping: AbortController): Promise<void> => {
  let first: unknown
  const ends = work.map(one =>
    one.catch(thrown => {
      first ??= thrown
      stopping.abort(thrown)
    }),
  )
  await Promise.all(ends)
  if (first !== undefined) throw first
}

/** The job itself, and meanwhile the digests of what it reads. */
const runPlan = async (
  setting: HadoopSetting,
  { inputs, scratch }: Job,
  plan: Plan,
  made: Promise<[task: string, jar: string]>,
): Promise<string[]> => {
  const digests = await bringThere(inputs, plan, setting.signal)
  await using local = await localFiles(plan.listed, ...(await made), scratch)
  const stopping = new AbortController()
  const signal = AbortSignal.any([setting.signal, stopping.signal])
  const run = { ...setting, job: { ...plan.job, ...local.files }, cwd: local.cwd, signal }
  await together([runWithSecondTry(run, plan), digestRest(inputs, digests, signal)], stopping)
  await eachAtOnce(inputs.entries(), filesAtOnceMax, ([i, input]) => checkSame(input, digests[i]!, setting.signal))
  return digests as string[]
}

const run = async (setting: HadoopSetting, job: Job): Promise<Ran> => {
  for (const input of job.inputs) checkName(input)
  const { yarn, user, signal } = setting
  const made = Promise.all([setting.task(), setting.jar()])
  made.catch(() => {})
  const cluster = await yarn?.size()
  const id = randomBytes(6).toString('hex')
  const hdfs = hdfsOf(job, setting.hdfs)
  const abandon = (other: string) => endTagged(setting, tagOf(other))
  await using staging = await openStaging({ hdfs, user, id, abandon })
  const plan = planOf(job, { ...setting, id, hdfs, staging: staging.path, cluster })
  const inputDigests = await runPlan(setting, job, plan, made)
  const output = { hdfs, dir: plan.dir, reducers: plan.job.reducers }
  const into = job.outOn === undefined ? job.out : job.scratch
  const { joined } = plan.job
  const collected = await collect(output, { inputs: job.inputs, into, scratch: job.scratch, joined, signal })
  if (job.outOn !== undefined) await finishThere(output, into)
  return { ...collected, inputDigests }
}

export interface HadoopRunner extends Runner {
  /** A script that does what the job does, for a person to look at or to run. */
  dryRun(wanted: DryRun): Promise<string>
}

/** Runs the very same map and reduce as Hadoop Streaming, on a cluster. */
export const hadoop = (setting: HadoopSetting): HadoopRunner => ({
  name: 'hadoop',
  knowsHdfs: true,
  run: job => run(setting, job),
  dryRun: async wanted => (await import('./hadoop/dry-run.ts')).dryRun(setting, wanted),
})
