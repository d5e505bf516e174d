import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { reasonOf, StreamError } from '../../std/error.ts'
import type { Client } from './client.ts'
import { type Said, understand } from './said.ts'

/** What a job has said of itself so far. */
export interface Story {
  jobId?: string
  applicationId?: string
  trackingUrl?: string
  isInside?: boolean
  /** Hadoop's own counters, by the names that people know them by. */
  readonly counters: Map<string, number>
  /** The first lines that complain, of the client or of Hadoop's. */
  readonly complaints: string[]
  readonly failedAttempts: string[]
  ended?: 'succeeded' | 'failed' | 'killed'
  why?: string
}

export const emptyStory = (): Story => ({ counters: new Map(), complaints: [], failedAttempts: [] })

const complaintsMax = 20
const attemptsMax = 50
const lineCharsMax = 4096
/** The client tries once a second to reach a server that is not there: before there is a job, and for one that runs. */
const waitsMax = { before: 5, during: 120 }

const note = (list: string[], text: string, max: number) => {
  if (list.length < max) list.push(text.slice(0, lineCharsMax))
}

const take = (story: Story, said: Said): void => {
  if (said.kind === 'application') story.applicationId = said.id
  else if (said.kind === 'tracking') story.trackingUrl = said.url
  else if (said.kind === 'job') story.jobId = said.id
  else if (said.kind === 'inside') story.isInside = said.value
  else if (said.kind === 'counter') story.counters.set(said.name, said.value)
  else if (said.kind === 'complaint') note(story.complaints, said.text, complaintsMax)
  else if (said.kind === 'attempt-failed') note(story.failedAttempts, said.attempt, attemptsMax)
  else if (said.kind === 'ended') Object.assign(story, { ended: said.state, why: said.why })
}

const unreachable = (server: string) =>
  new StreamError(
    'hadoop/unreachable',
    `run a job: the client finds nobody at "${server}"; is Hadoop up? try: textstream stack up hadoop; or set HADOOP_CONF_DIR`,
  )

/** A client of Hadoop at work. */
export interface Following {
  readonly story: Story
  /** Resolves when the job is over, or the client is; rejects if it cannot begin. */
  readonly done: Promise<void>
  /** Resolves when the client's process is gone. */
  readonly closed: Promise<unknown>
  /** Ends the client; the job, if there is one, goes on. */
  end(): void
}

const isLast = (line: string) => /\bOutput directory: |Streaming Command Failed/.test(line)

const starting = (command: string, cause: unknown) =>
  new StreamError('hadoop/client', `run "${command}": ${reasonOf(cause)}; TEXTSTREAM_HADOOP names another`, { cause })

/** In a group of its own: what a terminal sends to us is ours to pass on. */
const start = ({ command, before, environment }: Client, args: readonly string[], cwd: string): ChildProcess =>
  spawn(command, [...before, ...args], {
    cwd,
    env: { ...process.env, ...environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** Starts the client with a job, and listens to what it says. */
export const follow = (
  client: Client,
  args: readonly string[],
  cwd: string,
  tell: (said: Said, story: Story) => void,
): Following => {
  const story = emptyStory()
  const child = start(client, args, cwd)
  let waits = 0
  const end = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {}
  }
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', cause => reject(starting(client.command, cause)))
    child.once('close', () => resolve())
    const onLine = (line: string) => {
      const said = understand(line)
      if (said?.kind === 'waits' && ++waits >= (story.jobId === undefined ? waitsMax.before : waitsMax.during)) {
        reject(unreachable(said.server))
        end()
      }
      if (said?.kind === 'progress') waits = 0
      if (said !== undefined) take(story, said)
      if (said !== undefined) tell(said, story)
      // What the JVM does behind that is no longer about the job.
      if (isLast(line)) resolve()
    }
    for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on('line', onLine)
  })
  return { story, done, closed: once(child, 'close').catch(() => {}), end }
}
