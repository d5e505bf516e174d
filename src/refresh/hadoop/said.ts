/** What a line of the client's log says that matters here. */
export type Said =
  | { readonly kind: 'application'; readonly id: string }
  | { readonly kind: 'tracking'; readonly url: string }
  | { readonly kind: 'job'; readonly id: string }
  /** Whether map and reduce run inside of the job's own container. */
  | { readonly kind: 'inside'; readonly value: boolean }
  | { readonly kind: 'progress'; readonly map: number; readonly reduce: number }
  | { readonly kind: 'attempt-failed'; readonly attempt: string }
  | { readonly kind: 'counter'; readonly name: string; readonly value: number }
  | { readonly kind: 'ended'; readonly state: 'succeeded' | 'failed' | 'killed'; readonly why: string }
  | { readonly kind: 'waits'; readonly server: string }
  | { readonly kind: 'complaint'; readonly text: string }
  /** Of us: the job failed, and runs once more. */
  | { readonly kind: 'again'; readonly why: string }

type Reader = readonly [pattern: RegExp, read: (found: Readonly<Record<string, string>>) => Said]

/** The log's layout is the cluster's business: only the message's own words are looked for. */
const readers: readonly Reader[] = [
  [/\bSubmitted application (?<id>application_\d+_\d+)/, ({ id }) => ({ kind: 'application', id })],
  [/The url to track the job: (?<url>https?:\/\/\S+)/, ({ url }) => ({ kind: 'tracking', url })],
  [/\bRunning job: (?<id>job_\d+_\d+)/, ({ id }) => ({ kind: 'job', id })],
  [/running in uber mode : (?<value>true|false)/, ({ value }) => ({ kind: 'inside', value: value === 'true' })],
  [
    /\bmap (?<map>\d+)% reduce (?<reduce>\d+)%/,
    ({ map, reduce }) => ({ kind: 'progress', map: Number(map), reduce: Number(reduce) }),
  ],
  [
    /Task Id : (?<attempt>attempt_\d+_\d+_[mr]_\d+_\d+), Status : FAILED/,
    ({ attempt }) => ({ kind: 'attempt-failed', attempt }),
  ],
  [/\bJob job_\S+ completed successfully/, () => ({ kind: 'ended', state: 'succeeded', why: '' })],
  [
    /\bJob job_\S+ failed with state (?<state>FAILED|KILLED) due to: (?<why>.*)/,
    ({ state, why }) => ({ kind: 'ended', state: state === 'KILLED' ? 'killed' : 'failed', why }),
  ],
  [/Retrying connect to server: (?<server>\S+?)\.? Already tried/, ({ server }) => ({ kind: 'waits', server })],
  [
    /^\s+(?<name>[^=]+)=(?<value>\d+)$/,
    ({ name, value }) => ({ kind: 'counter', name: name.trim(), value: Number(value) }),
  ],
  [/\bERROR\s+(?:\S+\s+-\s+|[\w.$]+:\s+)?(?<text>.+)/, ({ text }) => ({ kind: 'complaint', text })],
  [
    /^(?:Exception in thread "[^"]*" |Caused by: )(?<text>[\w.$]+(?:Exception|Error)\b.*)/,
    ({ text }) => ({ kind: 'complaint', text }),
  ],
  [/^(?<text>[a-z][\w.$]+\.[A-Z]\w*(?:Exception|Error)\b.*)/, ({ text }) => ({ kind: 'complaint', text })],
]

export const understand = (line: string): Said | undefined => {
  for (const [pattern, read] of readers) {
    const found = pattern.exec(line)
    if (found !== null) return read(found.groups ?? {})
  }
  return undefined
}
