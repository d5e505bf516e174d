import { setTimeout as wait } from 'node:timers/promises'
import { StreamError } from '../../std/error.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import { isOver, type JobSource, type Yarn } from '../../wire/yarn.ts'
import type { Client } from './client.ts'
import { type Evidence, failureOf, mayPass } from './failure.ts'
import { type Following, follow, type Story } from './follow.ts'
import { type StreamingJob, streamingArguments } from './job.ts'
import type { Said } from './said.ts'

/** For a job that was killed to be gone, and for logs to be where they can be read. */
const goneMsMax = 20_000
const logsMsMax = 10_000
const pollMs = 200
/** For what is being handed over to arrive, and for what is being ended to write no more. */
const settleMs = 500

/** Where jobs run, and where Hadoop keeps what belongs to one while it runs. */
export interface JobPlace {
  /** Not for jobs that run in the client. */
  readonly yarn: Yarn | undefined
  readonly hdfs: Hdfs
  readonly jobFolder: string
}

export interface JobRun extends JobPlace {
  readonly client: Client
  readonly job: StreamingJob
  /** An empty local folder, as some clients leave things in the one that they are started in. */
  readonly cwd: string
  readonly signal: AbortSignal
  readonly tell: (said: Said, story: Story) => void
}

/** A job that failed. */
export class JobFailed extends Error {
  readonly failure: StreamError
  /** Map and reduce were inside of the job's own container, so none was tried twice, and it may end well if they are. */
  readonly deservesMore: boolean

  constructor(evidence: Evidence) {
    const failure = failureOf(evidence)
    super(failure.message, { cause: failure })
    this.failure = failure
    this.deservesMore = evidence.story.isInside === true && mayPass(failure)
  }
}

const endOne = async (yarn: Yarn, id: string): Promise<void> => {
  await yarn.kill(id)
  for (const since = performance.now(); performance.now() - since < goneMsMax; await wait(pollMs)) {
    const application = await yarn.application(id)
    if (application === undefined || isOver(application)) return
  }
  throw new StreamError('yarn/failed', `end ${id}: it is still there; try: yarn application -kill ${id}`)
}

/** Ends every job that bears the tag, one that was being handed over a moment ago too, with what Hadoop keeps for it. */
export const endTagged = async ({ yarn, hdfs, jobFolder }: JobPlace, tag: string): Promise<void> => {
  if (yarn === undefined) return
  const ended: string[] = []
  for (const asked of [1, 2]) {
    const found = await yarn.tagged(tag)
    for (const id of found) await endOne(yarn, id)
    ended.push(...found)
    if (asked === 1 || found.length > 0) await wait(settleMs)
  }
  // A job that YARN ends does not tidy up behind itself.
  for (const id of ended) await hdfs.remove(`${jobFolder}/${id.replace(/^application/, 'job')}`)
}

const lookFor = async (yarn: Yarn, { jobId, failedAttempts }: Story, source: JobSource) => {
  if (jobId === undefined) return undefined
  const attempts = await yarn.failedAttempts(jobId, source)
  const attempt = attempts.find(({ id }) => failedAttempts.includes(id)) ?? attempts[0]
  if (attempt === undefined) return undefined
  const errors = await yarn.errorsOf(attempt)
  return { attempt, ...(errors !== undefined && { errors }) }
}

type Found = Omit<Evidence, 'story'>

/** Logs of a job that ended are on their way for some seconds. */
const lookAfterwards = async (yarn: Yarn, story: Story): Promise<Found> => {
  let best: Found = {}
  for (const since = performance.now(); performance.now() - since < logsMsMax; await wait(pollMs)) {
    const found = await lookFor(yarn, story, 'history').catch(() => undefined)
    if (found !== undefined) best = found
    if (found?.errors !== undefined) return found
  }
  return best
}

/** Looks at the first try that fails at once, while the job still runs and its log lies where it was written. */
const investigation = (yarn: Yarn | undefined) => {
  let early: Promise<Found | undefined> | undefined
  return {
    onSaid(said: Said, story: Story) {
      if (said.kind !== 'attempt-failed' || yarn === undefined) return
      early ??= lookFor(yarn, story, 'running').catch(() => undefined)
    },
    async found(story: Story): Promise<Found> {
      const found = await early
      if (found?.errors !== undefined || yarn === undefined || story.jobId === undefined) return found ?? {}
      const later = await lookAfterwards(yarn, story)
      return later.attempt === undefined ? (found ?? {}) : later
    },
  }
}

const endings: Readonly<Record<string, Story['ended']>> = { SUCCEEDED: 'succeeded', KILLED: 'killed' }

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/**
 * Of a job whose client went away without a word about its end. So it does, with "Unknown Job", where a job ends between
 * two of its questions and the history server has not heard of it yet.
 */
const learnEnd = async (yarn: Yarn | undefined, story: Story, signal: AbortSignal): Promise<void> => {
  if (yarn === undefined || story.applicationId === undefined) return
  for (const since = performance.now(); performance.now() - since < goneMsMax; await wait(pollMs)) {
    if (signal.aborted) return
    const application = await yarn.application(story.applicationId).catch(() => undefined)
    if (application === undefined || !isOver(application)) continue
    story.ended = endings[application.finalStatus] ?? 'failed'
    story.why = application.diagnostics
    return
  }
}

/** Nothing of the job runs on when this resolves. */
const stop = async (run: JobRun, following: Following): Promise<void> => {
  following.end()
  await following.closed
  await endTagged(run, run.job.tag)
}

/** Runs the job to its end. Rejects with `JobFailed`, or with the signal's reason once the job is no more. */
export const runJob = async (run: JobRun): Promise<Story> => {
  const { client, yarn, job, cwd, signal, tell } = run
  signal.throwIfAborted()
  const investigating = investigation(yarn)
  const following = follow(client, streamingArguments(job), cwd, (said, story) => {
    investigating.onSaid(said, story)
    tell(said, story)
  })
  try {
    await Promise.race([following.done, aborted(signal)])
  } catch (thrown) {
    // What it could not begin or reach, it can hardly end.
    await stop(run, following).catch(() => {})
    throw thrown
  }
  const { story } = following
  if (story.ended === undefined) await learnEnd(yarn, story, signal)
  if (story.ended === 'succeeded') return story
  if (story.ended === undefined) await stop(run, following)
  signal.throwIfAborted()
  throw new JobFailed({ story, ...(await investigating.found(story)) })
}
