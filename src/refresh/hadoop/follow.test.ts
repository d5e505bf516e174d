import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { follow } from './follow.ts'

/** A client that prints this, and ends with this code unless it goes on for ever. */
const following = (t: TestContext, script: string) => {
  const cwd = mkdtempSync(join(tmpdir(), 'textstream-follow-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const client = { command: '/bin/sh', before: ['-c', script], environment: { FROM: 'test' }, conf: undefined }
  const said: string[] = []
  const job = follow(client, [], cwd, ({ kind }) => said.push(kind))
  t.after(() => job.end())
  return { job, said }
}

const say = (...lines: readonly string[]) => lines.map(line => `echo '${line}' >&2`).join('\n')

test('listens to a job to its end, and does not wait for the client to be gone', async t => {
  const { job, said } = following(
    t,
    `${say(
      'INFO YarnClientImpl - Submitted application application_1_2',
      'INFO Job - The url to track the job: http://h/a/',
      'INFO Job - Running job: job_1_2',
      'INFO Job - Task Id : attempt_1_2_m_000001_0, Status : FAILED',
      'INFO Job - Job job_1_2 completed successfully',
      '\t\tCPU time spent (ms)=12',
      'INFO StreamJob - Output directory: hdfs://h/o',
    )}; sleep 100`,
  )
  await job.done
  const { counters, ...story } = job.story
  assert.deepEqual(
    { ...story, counters: [...counters] },
    {
      applicationId: 'application_1_2',
      trackingUrl: 'http://h/a/',
      jobId: 'job_1_2',
      failedAttempts: ['attempt_1_2_m_000001_0'],
      complaints: [],
      ended: 'succeeded',
      why: '',
      counters: [['CPU time spent (ms)', 12]],
    },
  )
  assert.deepEqual(said, ['application', 'tracking', 'job', 'attempt-failed', 'ended', 'counter'])
})

test('a client that ends without a word leaves a story without an end', async t => {
  const { job } = following(t, `echo "$FROM: ERROR x: no such thing"; exit 3`)
  await job.done
  assert.deepEqual(job.story.complaints, ['no such thing'])
  assert.equal(job.story.ended, undefined)
})

test('a client that cannot be started says how to name another', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'textstream-follow-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const client = { command: '/no/such/hadoop', before: [], environment: {}, conf: undefined }
  await assert.rejects(follow(client, [], cwd, () => {}).done, {
    code: 'hadoop/client',
    message: /\/no\/such\/hadoop.*TEXTSTREAM_HADOOP/,
  })
})

test('a client that finds nobody is given up soon', async t => {
  const waits = 'INFO Client - Retrying connect to server: h/127.0.0.1:8032. Already tried 0 time(s)'
  const { job } = following(t, `${say(waits, waits, waits, waits, waits)}; sleep 100`)
  await assert.rejects(job.done, { code: 'hadoop/unreachable', message: /h\/127\.0\.0\.1:8032/ })
  await job.closed
})

test('one whose job runs is not given up so soon: a ResourceManager may start again', async t => {
  const waits = 'INFO Client - Retrying connect to server: h/127.0.0.1:8032. Already tried 0 time(s)'
  const lines = [
    'INFO Job - Running job: job_1_2',
    ...Array(50).fill(waits),
    'INFO Job - Job job_1_2 completed successfully',
  ]
  const { job } = following(t, say(...lines))
  await job.done
  assert.equal(job.story.ended, 'succeeded')
})

test('one that is ended ends with all that it started', async t => {
  const { job } = following(t, 'sleep 100 & wait')
  job.end()
  await job.closed
  await job.done
})
