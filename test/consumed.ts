import type { Chunk } from '../src/chunk/chunk.ts'
import { encode } from '../src/chunk/codec.ts'
import { embedded } from '../src/cluster/embedded.ts'
import { recipeOf } from '../src/cluster/recipes.ts'
import { type ConsumeOptions, consume, newProgress, type Progress } from '../src/consume/consume.ts'
import { memoryTopic } from '../src/topic/memory.ts'
import type { Topic } from '../src/topic/topic.ts'
import { memoryWarehouse } from '../src/warehouse/memory.ts'
import type { Warehouse } from '../src/warehouse/warehouse.ts'

/** A row as tests compare it. */
export interface Row {
  readonly agent_id: string | null
  readonly destination_uri: string
  readonly event_time: string | null
  readonly chunk: string
  readonly cluster: number | null
  readonly response_id: string | null
  readonly seq: number | null
  readonly end_reason: string | null
  readonly model: number | null
  readonly extra: string | null
}

export const record = (fields: Partial<Chunk> & { chunk: string }): string =>
  encode({
    agent_id: 'Agent_Ada',
    destination_uri: '/a.md',
    event_time: '2026-11-23T10:00:00.000001Z',
    ...fields,
  }).toString()

/** One answer's text in pieces, as `produce` records it, its closing record left out. */
export const answer = (
  response_id: string,
  pieces: readonly string[],
  destination_uri = `/${response_id}.md`,
): string[] => pieces.map((chunk, seq) => record({ chunk, destination_uri, response_id, seq }))

export const topicOf = async (lines: readonly (string | Buffer)[]): Promise<Topic> => {
  const topic = memoryTopic()
  await append(topic, lines)
  return topic
}

export const append = async (topic: Topic, lines: readonly (string | Buffer)[]): Promise<void> => {
  await using writer = await topic.writer()
  for (const line of lines) await writer.append('/', Buffer.from(line))
}

export const options: ConsumeOptions = { clustering: embedded, recipeOf }

export const consumeOnce = async (
  topic: Topic,
  warehouse: Warehouse,
  more: Partial<ConsumeOptions> = {},
): Promise<Progress> => {
  const progress = newProgress()
  await consume(topic, warehouse, { ...options, progress, ...more })
  return progress
}

export const query = async <T = Row>(warehouse: Warehouse, sql: string): Promise<T[]> => {
  await using result = await warehouse.query(sql)
  const rows: T[] = []
  for await (const some of result.rows) {
    for (const row of some) rows.push(Object.fromEntries(result.columns.map(({ name }, i) => [name, row[i]])) as T)
  }
  return rows
}

const columns = 'agent_id, destination_uri, event_time, chunk, cluster, response_id, seq, end_reason, model, extra'

export const rowsOf = (warehouse: Warehouse): Promise<Row[]> =>
  query(
    warehouse,
    `select ${columns} from chunks_clustered order by destination_uri, response_id, seq, event_time, chunk`,
  )

/** Into a warehouse of its own. */
export const consumed = async (lines: readonly (string | Buffer)[], more: Partial<ConsumeOptions> = {}) => {
  const [topic, warehouse] = [await topicOf(lines), memoryWarehouse()]
  const progress = await consumeOnce(topic, warehouse, more)
  return { topic, warehouse, progress, rows: await rowsOf(warehouse) }
}
