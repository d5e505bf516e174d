import assert from 'node:assert/strict'
import { test } from 'node:test'
import { understand } from './said.ts'

/** As Hadoop 3.4.2's client wrote them; the layout of a line is the cluster's. */
const lines: readonly (readonly [string, unknown])[] = [
  [
    '2026-11-23 15:08:38,384 INFO  YarnClientImpl - Submitted application application_1795446434468_0001',
    { kind: 'application', id: 'application_1795446434468_0001' },
  ],
  [
    '26/11/23 15:08:38 INFO mapreduce.Job: The url to track the job: http://localhost:8088/proxy/application_1795446434468_0001/',
    { kind: 'tracking', url: 'http://localhost:8088/proxy/application_1795446434468_0001/' },
  ],
  ['INFO  Job - Running job: job_1795446434468_0001', { kind: 'job', id: 'job_1795446434468_0001' }],
  ['INFO  Job - Job job_1795446434468_0001 running in uber mode : true', { kind: 'inside', value: true }],
  ['2026-11-23 15:08:55,854 INFO  Job -  map 50% reduce 0%', { kind: 'progress', map: 50, reduce: 0 }],
  [
    'INFO  Job - Task Id : attempt_1795446434468_0002_m_000001_0, Status : FAILED',
    { kind: 'attempt-failed', attempt: 'attempt_1795446434468_0002_m_000001_0' },
  ],
  ['INFO  Job - Job job_1795446434468_0001 completed successfully', { kind: 'ended', state: 'succeeded', why: '' }],
  [
    'INFO  Job - Job job_1795446434468_0002 failed with state FAILED due to: Task failed task_1795446434468_0002_m_000001',
    { kind: 'ended', state: 'failed', why: 'Task failed task_1795446434468_0002_m_000001' },
  ],
  [
    'INFO  Job - Job job_1795446434468_0002 failed with state KILLED due to: Application killed by user.',
    { kind: 'ended', state: 'killed', why: 'Application killed by user.' },
  ],
  ['\t\tCPU time spent (ms)=2730', { kind: 'counter', name: 'CPU time spent (ms)', value: 2730 }],
  [
    'INFO  Client - Retrying connect to server: localhost/127.0.0.1:8032. Already tried 0 time(s); retry policy is …',
    { kind: 'waits', server: 'localhost/127.0.0.1:8032' },
  ],
  [
    '2026-11-23 15:09:41,194 ERROR StreamJob - Error Launching job : Output directory hdfs://h/o already exists',
    { kind: 'complaint', text: 'Error Launching job : Output directory hdfs://h/o already exists' },
  ],
  [
    'Exception in thread "main" java.lang.IllegalArgumentException: no',
    { kind: 'complaint', text: 'java.lang.IllegalArgumentException: no' },
  ],
  ['\tat org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)', undefined],
  ['2026-11-23 15:08:37,929 INFO  Configuration - resource-types.xml not found', undefined],
  ['', undefined],
]

for (const [line, said] of lines) {
  test(`understands ${JSON.stringify(line.slice(0, 80))}`, () => assert.deepEqual(understand(line), said))
}
