import type { TestContext } from 'node:test'
import { type GivenRow, rowsOf } from './testing.ts'
import type { ClusterRow, Commit, Ending, Opening, Warehouse, WarehouseWriter } from './warehouse.ts'

/** Registers a test of one promise. */
export type Promises = (promise: string, body: (warehouse: Warehouse, t: TestContext) => Promise<void>) => void

/** What the contract's tests commit and ask for. */

export const select = async (warehouse: Warehouse, sql: string): Promise<unknown[][]> => {
  await using result = await warehouse.query(sql)
  const rows: unknown[][] = []
  for await (const some of result.rows) for (const row of some) rows.push([...row])
  return rows
}

export const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code

export const commitOf = (rows: readonly GivenRow[], more: Partial<Commit> = {}): Commit => ({
  position: { log: Math.max(0, ...rows.map(({ offset }) => offset + 1)) },
  rows: rowsOf(rows),
  ...more,
})

export const commitTo = async (warehouse: Warehouse, ...commits: readonly Commit[]): Promise<void> => {
  await using writer = await warehouse.writer()
  for (const commit of commits) await writer.commit(commit)
}

/** Rows 0 … count − 1 of one answer. */
export const answer = (count: number, response_id = 'r'): GivenRow[] =>
  Array.from({ length: count }, (_, seq) => ({ chunk: `chunk ${seq}`, offset: seq, seq, response_id }))

export const keyOf = (seq: number, response_id = 'r') => ({ destination_uri: '/a.md', response_id, seq })

export const textsOf = async (writer: WarehouseWriter, ...keys: ReturnType<typeof keyOf>[]) =>
  (await writer.texts(keys)).map(text => text?.toString())

export const naughty: readonly string[] = [
  '',
  '\0',
  'a\0b',
  '\ufeffbehind a byte-order mark',
  '\u{10ffff}\u{1f600}\u{20000}é\u0301\u{e0001}',
  `'; DROP TABLE chunks_clustered; --`,
  `"quoted" 'single' \`back\` \\ \\0 \\u0000`,
  '\r\n\t\v\f\x1b[31mred\x7f\u0085\u2028',
  'null',
  'NaN',
  `%s %1 {0} $${'{x}'} $1 :a ?`,
  '=1+1',
  '<script>alert(1)</script>',
  '\ufffd\uffff\ufffe',
  '\u202eright to left',
  'exactly12bytes'.slice(0, 12),
  'thirteen bytes'.slice(0, 13),
  'x'.repeat(70_000),
]

export const ending = (seq: number): Ending => ({
  agent_id: 'Agent_Ada',
  destination_uri: '/a.md',
  response_id: 'r',
  seq,
  micros: 1_764_000_000_000_001,
  reason: 'stop',
  chunks: seq,
  bytes: 2 ** 40 + 1,
  sha256: 'ab'.repeat(32),
  partition: 'log',
  offset: seq,
})

export const bareEnding: Ending = {
  destination_uri: '/b.md',
  seq: 0,
  reason: 'it\'s "over"',
  chunks: 0,
  bytes: 0,
  sha256: '',
  partition: "o'x",
  offset: 1,
}

export const opening: Opening = {
  destination_uri: '/a.md',
  response_id: 'r',
  url: 'http://localhost:8000/',
  file: 'a\0b.txt',
  supersedes: 'q',
  requestedMicros: 1_764_000_000_000_000,
  partition: 'log',
  offset: 2 ** 52,
}

export const cluster: ClusterRow = {
  model: 1,
  cluster: 3,
  change: 'merged',
  parents: [1, 2],
  label: "devil's harbour",
  terms: ['devil', '\ufeffharbour'],
  size: 7,
  share: 0.25,
  windows: 256,
  nearest: [
    { destination_uri: '/a.md', response_id: 'r', seq: 4, excerpt: 'a "b" \0' },
    { destination_uri: '/b.md', excerpt: '' },
  ],
}
