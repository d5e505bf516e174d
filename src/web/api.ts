/**
 * The shapes that go over HTTP between `up` and whoever looks: the page, `top`, curl. Times are microseconds since 1970
 * (exact in a double until 2255), texts are exact, a document is named by its uri as a query parameter.
 *
 * | request | answer |
 * | --- | --- |
 * | `POST /records` | `Stored`, once durable |
 * | `GET /documents?search&uri&order&limit&cursor` | `DocumentPage` |
 * | `GET /documents/text?uri[&at]` | text/plain, as it is, or as it was at a time |
 * | `GET /documents/chunks?uri[&from&limit]` | `ChunkPage`: where each chunk begins, whose, when |
 * | `GET /documents/live?uri` | SSE: `text`, `replaced`, `over`; goes on behind `Last-Event-ID` |
 * | `GET /live` | SSE: `flow` |
 * | `GET /agents`, `/responses`, `/clusters`, `/rejected` | lists, from the warehouse |
 * | `POST /query` | `QueryAnswer` |
 * | `GET /health` | `Health`; 503 where it is not well |
 * | `GET /metrics`, `/docs`, `/docs/json` | Prometheus' text, OpenAPI 3.1 |
 */
import { z } from 'zod'

const count = z.number().int().nonnegative()
const micros = z.number().int().describe('microseconds since 1970, UTC')

/** `POST /records`: NDJSON, one record a line; with `?agent=…&uri=…` a text, cut and stamped as it comes. */
export const stored = z.object({
  stored: count.describe('records that are durable'),
  refused: count,
  verdicts: z
    .array(z.object({ line: count.describe('of the body, from 1'), code: z.string(), reason: z.string() }))
    .describe('of refused lines, the first ones'),
})
export type Stored = z.infer<typeof stored>

export const documentState = z.enum(['open', 'complete', 'incomplete', 'unsequenced'])

export const documentEntry = z.object({
  uri: z.string(),
  agents: z.array(z.string()).describe('the first ones that wrote it'),
  state: documentState,
  answers: count,
  chunks: count,
  bytes: count,
  first: micros.nullable(),
  last: micros.nullable(),
})
export type DocumentEntry = z.infer<typeof documentEntry>

export const documentPage = z.object({
  documents: z.array(documentEntry),
  total: count.describe('that match'),
  next: z.string().optional().describe('`cursor` of the next page'),
})
export type DocumentPage = z.infer<typeof documentPage>

/** Column by column, in the order of the text. `start` and `length` are UTF-16 units, as JavaScript counts them. */
export const chunkPage = z.object({
  total: count,
  from: count,
  units: count.describe('length of the whole text'),
  agents: z.array(z.string()),
  answers: z.array(z.string()).describe('response_ids; empty: none'),
  start: z.array(count),
  length: z.array(count),
  time: z.array(micros.nullable()),
  agent: z.array(count).describe('index into `agents`'),
  answer: z.array(count).describe('index into `answers`'),
  seq: z.array(count.nullable()),
})
export type ChunkPage = z.infer<typeof chunkPage>

/** SSE `text` of `/documents/live`: what to append. `id:` is where to go on. */
export const liveText = z.object({ text: z.string(), agent: z.string().optional(), time: micros.optional() })
export type LiveText = z.infer<typeof liveText>

/** One stream's share of a `flow`: its text since the last one. */
export const laneChange = z.object({
  lane: z.string().describe('the answer: stays the same from its first record to its last'),
  agent: z.string(),
  uri: z.string(),
  text: z.string().describe('what came, or its end, where much came'),
  chunks: count,
  characters: count,
  time: micros.nullable().describe('of the latest record, by its own clock'),
  firstChunkSeconds: z.number().nullable().describe('from asking to the first chunk, once it is known'),
  ended: z.string().optional().describe('the reason'),
})
export type LaneChange = z.infer<typeof laneChange>

/** SSE `flow` of `/live`: what came since the last one, of every stream at once. */
export const flow = z.object({
  now: micros,
  lanes: z.array(laneChange),
  stalled: z.array(z.string()).describe('lanes without a record for long'),
  chunksPerSecond: z.number(),
  charactersPerSecond: z.number(),
  dropped: count.describe('changes of lanes that this reader was too slow for, so far'),
})
export type Flow = z.infer<typeof flow>

export const agentEntry = z.object({
  agent: z.string(),
  responses: count,
  documents: count,
  chunks: count,
  characters: count,
  charactersPerSecond: z.number().nullable(),
  gapMedianSeconds: z.number().nullable(),
  gapP99Seconds: z.number().nullable(),
  gapMaxSeconds: z.number().nullable(),
  firstChunkMedianSeconds: z.number().nullable(),
  ended: z.record(z.string(), count).describe('answers by how they ended; open: still being written'),
  last: micros.nullable(),
})
export type AgentEntry = z.infer<typeof agentEntry>
export const agentList = z.object({ agents: z.array(agentEntry) })

export const responseEntry = z.object({
  uri: z.string(),
  answer: z.string(),
  agent: z.string(),
  state: z.string(),
  ended: z.string().nullable(),
  chunks: count,
  characters: count,
  first: micros.nullable(),
  last: micros.nullable(),
  seconds: z.number().nullable(),
  firstChunkSeconds: z.number().nullable(),
})
export type ResponseEntry = z.infer<typeof responseEntry>
export const responseList = z.object({ responses: z.array(responseEntry) })

export const clusterEntry = z.object({
  cluster: z.number().int(),
  label: z.string(),
  terms: z.array(z.string()),
  rows: count,
  share: z.number(),
  nearest: z.array(z.object({ uri: z.string(), excerpt: z.string() })),
  lineage: z.array(
    z.object({ model: count, change: z.string(), parents: z.array(z.number().int()), label: z.string() }),
  ),
})
export type ClusterEntry = z.infer<typeof clusterEntry>

export const clusterList = z.object({
  model: count.describe('the latest; 0: none yet'),
  clusters: z.array(clusterEntry),
  /** Rows by time and cluster, in steps of equal length. */
  history: z.object({
    times: z.array(micros),
    series: z.array(z.object({ cluster: z.number().int(), rows: z.array(count) })),
  }),
})
export type ClusterList = z.infer<typeof clusterList>

export const rejectedList = z.object({
  total: count,
  reasons: z.record(z.string(), count),
  rejected: z.array(z.object({ partition: z.string(), offset: count, reason: z.string(), line: z.string() })),
})
export type RejectedList = z.infer<typeof rejectedList>

export const queryRequest = z.object({ sql: z.string(), params: z.record(z.string(), z.string()).optional() })
export type QueryRequest = z.infer<typeof queryRequest>

export const queryAnswer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  truncated: z.boolean().describe('there were more rows than the limit'),
  milliseconds: z.number(),
})
export type QueryAnswer = z.infer<typeof queryAnswer>

export const health = z.object({
  status: z.enum(['ok', 'failing']),
  version: z.string(),
  uptimeSeconds: z.number(),
  from: z.string().describe('the topic, as a person calls it'),
  log: z.object({ bytes: count.nullable(), records: count, position: z.record(z.string(), count) }),
  consume: z.object({
    state: z.enum(['running', 'waiting', 'failed', 'off']),
    rows: count,
    lag: count,
    lagUnit: z.enum(['bytes', 'records']),
    model: count,
    malformed: count,
    repeats: count,
    conflicts: count,
    error: z.string().optional(),
  }),
  produce: z.object({
    state: z.enum(['running', 'done', 'failed', 'off']),
    chunks: count,
    error: z.string().optional(),
  }),
  readers: z.object({ now: count, dropped: count }),
  chunksPerSecond: z.number(),
  charactersPerSecond: z.number(),
})
export type Health = z.infer<typeof health>

/** RFC 9457. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: count,
  detail: z.string(),
  code: z.string().describe('stable, e.g. `warehouse/sql`'),
})
export type Problem = z.infer<typeof problem>
