import { StreamError } from '../../std/error.ts'
import { harmless } from '../../std/terminal.ts'
import type { FailedAttempt } from '../../wire/yarn.ts'
import type { Story } from './follow.ts'

/** What is known of a job that failed. */
export interface Evidence {
  readonly story: Story
  readonly attempt?: FailedAttempt
  /** What the attempt's program wrote to its standard error. */
  readonly errors?: string
}

interface Meaning {
  readonly when: RegExp
  readonly code: `${string}/${string}`
  readonly says: (found: RegExpExecArray, evidence: Evidence) => string
}

const nodeOf = ({ attempt }: Evidence) => (attempt?.node === undefined ? 'a node of the cluster' : `"${attempt.node}"`)

const kindOf = ({ attempt }: Evidence): 'map' | 'reduce' => (/_r_\d/.test(attempt?.id ?? '') ? 'reduce' : 'map')

const firstOf = (found: RegExpExecArray) => found[0].trim().slice(0, 500)

/** Tried from top to bottom on all that is known. */
const meanings: readonly Meaning[] = [
  {
    when: /Cannot run program "(?<program>[^"]*)".*(?:error=2\b|No such file)/,
    code: 'hadoop/node',
    says: ({ groups }, evidence) =>
      `there is no "${groups!.program}" on ${nodeOf(evidence)}; say where Node (20 or newer) is on the cluster's nodes: --hadoop-node PATH`,
  },
  {
    when: /Cannot run program "(?<program>[^"]*)".*/,
    code: 'hadoop/node',
    says: (found, evidence) => `${firstOf(found)} on ${nodeOf(evidence)}; --hadoop-node says which Node runs there`,
  },
  {
    when: /running beyond (?:the )?(?:physical|virtual) memory limits?.*/i,
    code: 'hadoop/memory',
    says: (_, evidence) =>
      `YARN killed a ${kindOf(evidence)} that took more memory than its container has; give it more: --jobconf mapreduce.${kindOf(evidence)}.memory.mb=2048`,
  },
  {
    when: /[\w.]*SafeModeException.*|Name ?node is in safe mode.*/,
    code: 'hdfs/read-only',
    says: found => `HDFS cannot be written: ${firstOf(found)}; hdfs dfsadmin -safemode leave ends that`,
  },
  {
    when: /[\w.]*Quota\w*Exceeded\w*.*|No space left on device.*|could only be (?:written|replicated) to.*/,
    code: 'hdfs/full',
    says: found => `HDFS is full: ${firstOf(found)}; free some space, or ask whoever runs it for more`,
  },
  {
    when: /[\w.]*AccessControlException.*/,
    code: 'hdfs/denied',
    says: found => `${firstOf(found)}; HADOOP_USER_NAME says as whom Hadoop is asked`,
  },
  {
    when: /[\w.]*(?:BlockMissing|Checksum)Exception.*/,
    code: 'hdfs/broken',
    says: found => `${firstOf(found)}; hdfs fsck says which blocks are missing or corrupt`,
  },
  {
    when: /Call From .* failed on connection exception.*|[\w.]*ConnectException.*/,
    code: 'hadoop/unreachable',
    says: found => `${firstOf(found)}; is Hadoop up? try: textstream stack status`,
  },
  {
    when: /subprocess failed with code (?<code>\d+)/,
    code: 'hadoop/ended',
    says: ({ groups }, evidence) =>
      `the Node of a ${kindOf(evidence)} ended with code ${groups!.code}, and said nothing`,
  },
  {
    when: /Invalid resource request.*/,
    code: 'hadoop/resources',
    says: found => `the cluster has no container so large: ${firstOf(found)}; --jobconf mapreduce.map.memory.mb=512`,
  },
]

const ownError = /^textstream: (?<text>.+)$/m

const whereOf = ({ story, attempt }: Evidence): string => {
  const where = [
    ...(attempt === undefined ? [] : [attempt.id]),
    ...(story.trackingUrl === undefined ? [] : [`log: ${story.trackingUrl}`]),
    ...(story.applicationId === undefined ? [] : [`or: yarn logs -applicationId ${story.applicationId}`]),
  ]
  return where.length === 0 ? '' : ` (${where.join('; ')})`
}

const textOf = ({ story, attempt, errors }: Evidence) =>
  [errors, attempt?.diagnostics, story.why, ...story.complaints].filter(one => one).join('\n')

/** The line that says most, where none is known: the innermost cause, not what wrapped it. */
const tellingLine = (evidence: Evidence): string => {
  const lines = textOf(evidence).split('\n')
  const causes = lines.filter(line => /^(?:Caused by|Error): |Exception|Error:/.test(line) && !/^\s*at /.test(line))
  const program = (evidence.errors ?? '').split('\n').findLast(line => line.trim() !== '')
  return (program ?? causes.at(-1) ?? lines.find(line => line.trim() !== '') ?? 'it does not say why').trim()
}

/** What may end well when it is done once more. */
const passing = new Set(['hadoop/ended', 'hadoop/failed', 'hadoop/memory'])

export const mayPass = ({ code }: StreamError): boolean => passing.has(code)

/** Why a job failed, in one line: our own program's words, else what Hadoop's mean, else the line that says most. */
export const failureOf = (evidence: Evidence): StreamError => {
  const own = ownError.exec(evidence.errors ?? '')?.groups?.text
  const where = whereOf(evidence)
  const fail = (code: `${string}/${string}`, why: string) =>
    new StreamError(code, `the job on Hadoop failed: ${harmless(why.slice(0, 1000))}${where}; nothing was published`)
  if (own !== undefined) return fail('hadoop/task', own)
  const text = textOf(evidence)
  for (const { when, code, says } of meanings) {
    const found = when.exec(text)
    if (found !== null) return fail(code, says(found, evidence))
  }
  return fail('hadoop/failed', tellingLine(evidence))
}
