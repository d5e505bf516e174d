import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Evidence, failureOf } from './failure.ts'

const story = {
  counters: new Map(),
  complaints: [],
  failedAttempts: [],
  applicationId: 'application_1_2',
  trackingUrl: 'http://h/proxy/a/',
}

const attempt = (diagnostics: string, id = 'attempt_1_2_m_000000_0') => ({
  story,
  attempt: { id, diagnostics, container: 'container_1', node: 'n:8042' },
})

const streaming = `Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 1
	at org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)`

const cases: readonly (readonly [string, Evidence, string, RegExp])[] = [
  [
    'our own program says why',
    { ...attempt(streaming), errors: 'reporter:status:x\ntextstream: refresh "/a": it has too many answers\n    at x' },
    'hadoop/task',
    /failed: refresh "\/a": it has too many answers \(attempt_1_2_m_000000_0; log: http:\/\/h\/proxy\/a\/; or: yarn logs -applicationId application_1_2\); nothing was published$/,
  ],
  [
    'there is no Node',
    attempt(`Error: java.lang.RuntimeException: Error in configuring object
Caused by: java.io.IOException: Cannot run program "node": error=2, No such file or directory`),
    'hadoop/node',
    /there is no "node" on "n:8042".*--hadoop-node PATH/,
  ],
  [
    'a container was too small',
    attempt(
      'Container [pid=1,containerID=c] is running 1B beyond the physical memory limit. \nfoo is running beyond physical memory limits. Current usage: 1.0 GB',
      'attempt_1_2_r_000000_0',
    ),
    'hadoop/memory',
    /killed a reduce .*mapreduce\.reduce\.memory\.mb=2048/,
  ],
  [
    'HDFS is in safe mode',
    attempt(
      'Error: org.apache.hadoop.hdfs.server.namenode.SafeModeException: Cannot create file/a. Name node is in safe mode.',
    ),
    'hdfs/read-only',
    /HDFS cannot be written: .*Cannot create file\/a/,
  ],
  [
    'a quota is reached',
    attempt('Error: org.apache.hadoop.hdfs.protocol.DSQuotaExceededException: The DiskSpace quota of /a is exceeded'),
    'hdfs/full',
    /HDFS is full: .*quota of \/a is exceeded; free some/,
  ],
  [
    'the client could not hand the job over',
    {
      story: {
        ...story,
        complaints: ['java.net.ConnectException: Call From a to b:8032 failed on connection exception'],
      },
    },
    'hadoop/unreachable',
    /is Hadoop up/,
  ],
  [
    "only Hadoop's stack is there",
    attempt(
      'Error: java.io.IOException: odd\n\tat a.b.C(D.java:1)\nCaused by: x.y.Z: the real one\n\tat a.b.C(D.java:1)',
    ),
    'hadoop/failed',
    /failed: Caused by: x\.y\.Z: the real one \(/,
  ],
  [
    'Node was killed',
    attempt(streaming.replace('code 1', 'code 137')),
    'hadoop/ended',
    /the Node of a map ended with code 137/,
  ],
  ['nothing is known', { story }, 'hadoop/failed', /it does not say why/],
]

for (const [when, evidence, code, says] of cases) {
  test(`says why a job failed: ${when}`, () => {
    const failure = failureOf(evidence)
    assert.equal(failure.code, code)
    assert.match(failure.message, says)
    assert.doesNotMatch(failure.message, /\n|\bat \w+\.\w+\(/)
  })
}
