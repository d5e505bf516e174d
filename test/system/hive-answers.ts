import { cluster, commitOf, ending, opening } from '../../src/warehouse/given.ts'
import type { GivenRow } from '../../src/warehouse/testing.ts'
import type { Columns } from './hive-database.ts'

const start = 1_764_000_000_000_000

const rowsOf = (response_id: string | undefined, uri: string, texts: readonly string[], more: Partial<GivenRow> = {}) =>
  texts.map((chunk, seq): GivenRow => {
    const micros = start + seq * 500_000 + (response_id?.length ?? 0)
    const numbered = response_id === undefined ? {} : { response_id, seq }
    return {
      agent_id: 'Agent_Ada',
      destination_uri: uri,
      chunk,
      offset: 0,
      micros,
      cluster: seq % 2,
      model: 1,
      ...numbered,
      ...more,
    }
  })

const rows: readonly GivenRow[] = [
  ...rowsOf('whole', '/whole.md', ['', 'two ', 'thrée 😀']),
  ...rowsOf('open', '/open.md', ['a', 'b']),
  ...rowsOf('gap', '/gap.md', ['a', 'b', 'c']).filter(({ seq }) => seq !== 1),
  ...rowsOf(undefined, '/old.md', ['plain ', 'text'], { agent_id: 'Agent_Eve' }),
  ...rowsOf('first', '/again.md', ['wrong']),
  ...rowsOf('second', '/again.md', ['right']),
  ...rowsOf('lost', '/nobody.md', ['x'], { cluster: 1 }).map(({ agent_id: _, ...row }) => row),
]

const endOf = (response_id: string, destination_uri: string, seq: number) => ({
  ...ending(seq),
  destination_uri,
  response_id,
  micros: start + 9_000_000,
})

const endings = [endOf('whole', '/whole.md', 3), endOf('second', '/again.md', 1), endOf('first', '/again.md', 1)]

const openings = [
  {
    ...opening,
    agent_id: 'Agent_Ada',
    destination_uri: '/whole.md',
    response_id: 'whole',
    supersedes: undefined,
    requestedMicros: start - 250_000,
  },
  { ...opening, agent_id: 'Agent_Ada', destination_uri: '/again.md', response_id: 'second', supersedes: 'first' },
]

const clusters = [
  { ...cluster, model: 1, cluster: 0, label: 'nought' },
  { ...cluster, model: 2, cluster: 0, label: 'zero' },
  { ...cluster, model: 1, cluster: 1, label: 'one' },
]

type Type = Columns[number]['type']

const column = <T>(list: readonly T[], name: string, type: Type, of: (one: T) => unknown) => ({
  name,
  type,
  values: list.map(one => {
    const value = of(one) ?? null
    return (value !== null && (type === 'bigint' || type === 'timestamp') ? BigInt(value as number) : value) as never
  }),
})

const voiceOf = (
  list: readonly { agent_id?: string | undefined; destination_uri?: string; response_id?: string | undefined }[],
) => [
  column(list, 'agent_id', 'string', of => of.agent_id),
  column(list, 'destination_uri', 'string', of => of.destination_uri),
  column(list, 'response_id', 'string', of => of.response_id),
]

/** Answers in every state, as one commit to the embedded warehouse, and as columns of Hive's tables. */
export const answersOf = () => ({
  commit: commitOf(rows, { openings, endings, clusters }),
  tables: {
    chunks: [
      ...voiceOf(rows),
      column(rows, 'event_time', 'timestamp', of => of.micros),
      column(rows, 'chunk', 'string', of => of.chunk),
      column(rows, 'cluster', 'int', of => of.cluster),
      column(rows, 'seq', 'bigint', of => of.seq),
      column(rows, 'model', 'int', of => of.model),
    ],
    openings: [
      ...voiceOf(openings),
      column(openings, 'supersedes', 'string', of => of.supersedes),
      column(openings, 'requested_time', 'timestamp', of => of.requestedMicros),
    ],
    endings: [
      ...voiceOf(endings),
      column(endings, 'seq', 'bigint', of => of.seq),
      column(endings, 'event_time', 'timestamp', of => of.micros),
      column(endings, 'reason', 'string', of => of.reason),
      column(endings, 'chunks', 'bigint', of => of.chunks),
    ],
    clusters: [
      column(clusters, 'model', 'int', of => of.model),
      column(clusters, 'cluster', 'int', of => of.cluster),
      column(clusters, 'change', 'string', of => of.change),
      column(clusters, 'label', 'string', of => of.label),
      column(clusters, 'size', 'bigint', of => of.size),
      column(clusters, 'share', 'double', of => of.share),
      column(clusters, 'windows', 'bigint', of => of.windows),
    ],
  } satisfies Readonly<Record<string, Columns>>,
})
