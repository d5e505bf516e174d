import { StreamError } from '../std/error.ts'
import { readAll } from '../warehouse/read-all.ts'
import type { AgentEntry, ClusterEntry, ClusterList, RejectedList, ResponseEntry } from './api.ts'
import type { Queried } from './gate.ts'

const tableMsMax = 15_000
const agentsMax = 1_000
const clustersMax = 200
const lineageMax = 2_000
const historySteps = 60
const rejectedMax = 100
const lineBytesShown = 1_000
const nearestMax = 5

type Row = readonly unknown[]

const isAbsent = (thrown: unknown) => thrown instanceof StreamError && thrown.code === 'warehouse/not-found'

/** All rows; none as long as there is no warehouse. */
const rowsOf = async (
  warehouse: Queried,
  sql: string,
  params: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Row[]> => {
  const timeout = AbortSignal.timeout(tableMsMax)
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  try {
    return (await readAll(warehouse, sql, { params, signal: either })).rows
  } catch (thrown) {
    if (isAbsent(thrown)) return []
    throw thrown
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')
const number = (value: unknown) => Number(value ?? 0)
const orNull = (value: unknown) => (value === null || value === undefined ? null : Number(value))

const agentsSql = `
  SELECT agent_id, responses, documents, chunks, characters, characters_per_second, gap_median_s, gap_p99_s,
    gap_longest_s, time_to_first_chunk_median_s, map_entries(ends), not_ended, epoch_us(last_event_time)
  FROM agents ORDER BY last_event_time DESC NULLS LAST, agent_id LIMIT ${agentsMax}`

const endedOf = (ends: unknown, open: unknown): Record<string, number> => {
  const pairs = (Array.isArray(ends) ? ends : []).map(({ key, value }) => [String(key), Number(value)] as const)
  return Object.fromEntries(number(open) > 0 ? [...pairs, ['open', number(open)]] : pairs)
}

const agentOf = (row: Row): AgentEntry => ({
  agent: text(row[0]),
  responses: number(row[1]),
  documents: number(row[2]),
  chunks: number(row[3]),
  characters: number(row[4]),
  charactersPerSecond: orNull(row[5]),
  gapMedianSeconds: orNull(row[6]),
  gapP99Seconds: orNull(row[7]),
  gapMaxSeconds: orNull(row[8]),
  firstChunkMedianSeconds: orNull(row[9]),
  ended: endedOf(row[10], row[11]),
  last: orNull(row[12]),
})

export const agentsOf = async (warehouse: Queried): Promise<AgentEntry[]> =>
  (await rowsOf(warehouse, agentsSql)).map(agentOf)

export interface ResponsesWanted {
  readonly uri?: string | undefined
  readonly agent?: string | undefined
  readonly limit: number
}

const responseOf = (row: Row): ResponseEntry => ({
  uri: text(row[0]),
  answer: text(row[1]),
  agent: text(row[2]),
  state: text(row[3]),
  ended: row[4] === null ? null : text(row[4]),
  chunks: number(row[5]),
  characters: number(row[6]),
  first: orNull(row[7]),
  last: orNull(row[8]),
  seconds: orNull(row[9]),
  firstChunkSeconds: orNull(row[10]),
})

export const responsesOf = async (
  warehouse: Queried,
  wanted: ResponsesWanted,
  signal?: AbortSignal,
): Promise<ResponseEntry[]> => {
  const { uri, agent, limit } = wanted
  const conditions = [
    ...(uri === undefined ? [] : ['destination_uri = $uri']),
    ...(agent === undefined ? [] : ['agent_id = $agent']),
  ]
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const sql = `
    SELECT destination_uri, response_id, agent_id, state, ended, chunks, characters, epoch_us(first_event_time),
      epoch_us(last_event_time), duration_s, time_to_first_chunk_s
    FROM responses ${where} ORDER BY last_event_time DESC NULLS LAST, destination_uri, response_id LIMIT ${limit}`
  const params = { ...(uri !== undefined && { uri }), ...(agent !== undefined && { agent }) }
  return (await rowsOf(warehouse, sql, params, signal)).map(responseOf)
}

const clustersSql = `
  SELECT cluster, label, terms, rows, coalesce(share_of_rows, 0), nearest, model FROM latest_clusters
  WHERE change <> 'died' ORDER BY rows DESC, cluster LIMIT ${clustersMax}`

const lineageSql = `
  SELECT cluster, model, change, parents, label FROM clusters ORDER BY model DESC, cluster LIMIT ${lineageMax}`

const historySql = `
  WITH placed AS (
    SELECT cluster, epoch_us(event_time) AS us FROM chunks_clustered WHERE cluster IS NOT NULL AND event_time IS NOT NULL
  ), span AS (SELECT min(us) AS lo, max(us) AS hi FROM placed)
  SELECT cluster, least(${historySteps - 1}, (us - lo) * ${historySteps} // greatest(hi - lo, 1)) AS step, count(*),
    any_value(lo), any_value(hi)
  FROM placed, span GROUP BY ALL ORDER BY cluster, step`

type Lineage = ClusterEntry['lineage']

const lineageOf = (rows: readonly Row[]): Map<number, Lineage> => {
  const byCluster = new Map<number, Lineage>()
  for (const [cluster, model, change, parents, label] of rows.toReversed()) {
    const step = {
      model: number(model),
      change: text(change),
      parents: (parents as number[]) ?? [],
      label: text(label),
    }
    const known = byCluster.get(number(cluster))
    if (known === undefined) byCluster.set(number(cluster), [step])
    else known.push(step)
  }
  return byCluster
}

const nearestOf = (nearest: unknown): ClusterEntry['nearest'] =>
  ((nearest ?? []) as { destination_uri: string; excerpt: string }[])
    .slice(0, nearestMax)
    .map(({ destination_uri, excerpt }) => ({ uri: destination_uri, excerpt }))

const historyOf = (rows: readonly Row[]): ClusterList['history'] => {
  if (rows.length === 0) return { times: [], series: [] }
  const [lo, hi] = [number(rows[0][3]), number(rows[0][4])]
  const step = Math.max(1, (hi - lo) / historySteps)
  const times = Array.from({ length: historySteps }, (_, i) => Math.round(lo + i * step))
  const series = new Map<number, number[]>()
  for (const [cluster, at, count] of rows) {
    const counts = series.get(number(cluster)) ?? times.map(() => 0)
    counts[number(at)] = number(count)
    series.set(number(cluster), counts)
  }
  return { times, series: [...series].map(([cluster, counts]) => ({ cluster, rows: counts })) }
}

export const clustersOf = async (warehouse: Queried): Promise<ClusterList> => {
  const latest = await rowsOf(warehouse, clustersSql)
  const lineage = lineageOf(await rowsOf(warehouse, lineageSql))
  const clusters = latest.map(([cluster, label, terms, rows, share, nearest]) => ({
    cluster: number(cluster),
    label: text(label),
    terms: (terms as string[]) ?? [],
    rows: number(rows),
    share: number(share),
    nearest: nearestOf(nearest),
    lineage: lineage.get(number(cluster)) ?? [],
  }))
  const history = historyOf(await rowsOf(warehouse, historySql))
  return { model: Math.max(0, ...latest.map(row => number(row[6]))), clusters, history }
}

const rejectedSql = `
  SELECT partition, topic_offset, reason, line[1:${lineBytesShown}] FROM rejected
  ORDER BY topic_offset DESC LIMIT ${rejectedMax}`
const reasonsSql = 'SELECT reason, count(*) FROM rejected GROUP BY reason ORDER BY 2 DESC LIMIT 100'

export const rejectedOf = async (warehouse: Queried): Promise<RejectedList> => {
  const reasons = (await rowsOf(warehouse, reasonsSql)).map(([reason, count]) => [text(reason), number(count)] as const)
  const rejected = (await rowsOf(warehouse, rejectedSql)).map(([partition, offset, reason, line]) => ({
    partition: text(partition),
    offset: number(offset),
    reason: text(reason),
    line: Buffer.from((line as Uint8Array | null) ?? []).toString(),
  }))
  return { total: reasons.reduce((sum, [, count]) => sum + count, 0), reasons: Object.fromEntries(reasons), rejected }
}
