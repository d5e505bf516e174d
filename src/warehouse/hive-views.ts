import { lit, runSql, type SparkSession } from '../wire/spark-connect/spark.ts'
import { besideOf, type HiveName, identifierOf } from './hive-name.ts'
import type { HiveTable, HiveTables } from './hive-table.ts'
import type { ViewName } from './views.ts'

/**
 * The embedded warehouse's views, as far as words go that Hive and Spark both know: a view's text is kept by the
 * metastore, and each of them reads it. So these have no gaps between chunks and no counts by reason (which take
 * functions that only one of them has), and a document follows claims of `supersedes` one step only (for all of them it
 * takes a recursion).
 */

/** Microseconds since 1970. Hive forbids to cast times to numbers, and Spark to cut them otherwise; both write them with a fraction of up to six digits. */
const microsOf = (time: string) =>
  `(unix_timestamp(${time}) * 1000000L + cast(rpad(substr(cast(${time} as string), 21), 6, '0') as bigint))`

/** The value of whichever row has the least `order` of those where it is not null. */
const firstOf = (value: string, order: string) =>
  `min(named_struct('absent', if(${value} is null, 1, 0), 'place', ${order}, 'value', ${value}))`

const noTime = 'cast(null as timestamp)'
const noText = 'cast(null as string)'
const noNumber = 'cast(null as bigint)'

type Names = Readonly<Record<keyof Omit<HiveTables, 'isLegacy'> | 'responses', string>>

const entriesOf = ({ chunks, openings, endings }: Names) => `
  select destination_uri, coalesce(response_id, '') as answer, agent_id, event_time, chunk, seq,
    if(end_reason is null, 1, 0) as is_chunk, ${microsOf('event_time')} as micros,
    coalesce(seq, ${microsOf('event_time')}, 0L) as place,
    ${noNumber} as requested_micros, ${noText} as supersedes, ${noText} as reason, ${noNumber} as end_chunks
  from ${chunks}
  union all
  select destination_uri, coalesce(response_id, ''), agent_id, ${noTime}, ${noText}, ${noNumber},
    0, ${noNumber}, -1L, ${microsOf('requested_time')}, supersedes, ${noText}, ${noNumber}
  from ${openings}
  union all
  select destination_uri, coalesce(response_id, ''), agent_id, event_time, ${noText}, seq,
    0, ${noNumber}, 9000000000000000000L, ${noNumber}, ${noText}, reason, chunks
  from ${endings}`

const answersOf = (names: Names) => `
  select destination_uri, answer,
    ${firstOf('agent_id', 'place')} as first_agent,
    ${firstOf('supersedes', 'place')} as first_claim,
    ${firstOf('reason', 'coalesce(seq, 0L)')} as first_end,
    min(if(reason is null, ${noNumber}, seq)) as end_seq,
    ${firstOf('end_chunks', 'coalesce(seq, 0L)')} as first_count,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time,
    min(if(is_chunk = 1, micros, ${noNumber})) as first_chunk,
    max(if(is_chunk = 1, micros, ${noNumber})) as last_chunk,
    min(if(length(chunk) > 0, micros, ${noNumber})) as first_text,
    min(if(is_chunk = 1 and seq = 0 and length(chunk) = 0, micros, ${noNumber})) as empty_chunk,
    min(requested_micros) as requested,
    sum(is_chunk) as chunks,
    count(if(is_chunk = 1, seq, ${noNumber})) as numbered,
    max(if(is_chunk = 1, seq, ${noNumber})) as last_seq,
    coalesce(sum(cast(length(chunk) as bigint)), 0L) as characters,
    coalesce(sum(cast(octet_length(chunk) as bigint)), 0L) as bytes
  from (${entriesOf(names)}) entries
  group by destination_uri, answer`

const between = (from: string, to: string) => `(${to} - ${from}) / cast(1000000 as double)`

const responses = (names: Names) => `
  select first_agent.value as agent_id, destination_uri, if(answer = '', ${noText}, answer) as response_id,
    case
      when numbered = 0 and first_end.value is null then 'unsequenced'
      when numbered <> coalesce(last_seq, -1L) + 1L then 'incomplete'
      when first_end.value is null then 'open'
      when end_seq = numbered and first_count.value = end_seq and chunks = numbered then 'complete'
      else 'incomplete'
    end as state,
    first_end.value as ended, chunks, characters, bytes, first_event_time, last_event_time,
    ${between('coalesce(requested, empty_chunk)', 'first_text')} as time_to_first_chunk_s,
    ${between('first_chunk', 'last_chunk')} as duration_s,
    if(last_chunk > first_chunk, characters / (${between('first_chunk', 'last_chunk')}), cast(null as double))
      as characters_per_second,
    first_claim.value as supersedes
  from (${answersOf(names)}) answers`

const documents = ({ responses }: Names) => `
  select a.destination_uri, count(*) as answers, count(distinct a.agent_id) as agents,
    case
      when max(if(a.state = 'incomplete', 1, 0)) = 1 then 'incomplete'
      when max(if(a.state = 'open', 1, 0)) = 1 then 'open'
      when max(if(a.state = 'unsequenced', 1, 0)) = 1 then 'unsequenced'
      else 'complete'
    end as state,
    sum(a.chunks) as chunks, sum(a.characters) as characters, sum(a.bytes) as bytes,
    min(a.first_event_time) as first_event_time, max(a.last_event_time) as last_event_time
  from ${responses} a
  left join (
    select destination_uri, coalesce(agent_id, '') as agent, supersedes as old, max(if(state = 'complete', 1, 0)) as is_whole
    from ${responses} where supersedes <> '' and supersedes <> coalesce(response_id, '')
    group by destination_uri, coalesce(agent_id, ''), supersedes
  ) s on s.destination_uri = a.destination_uri and s.old = a.response_id and s.agent = coalesce(a.agent_id, '')
  where s.old is null or (s.is_whole = 0 and a.state = 'complete')
  group by a.destination_uri`

const agents = ({ responses }: Names) => `
  select agent_id, count(*) as responses, count(distinct destination_uri) as documents,
    sum(chunks) as chunks, sum(characters) as characters, sum(bytes) as bytes,
    min(first_event_time) as first_event_time, max(last_event_time) as last_event_time,
    percentile_approx(time_to_first_chunk_s, 0.5) as time_to_first_chunk_median_s,
    sum(if(duration_s > 0, characters, 0L)) / sum(if(duration_s > 0, duration_s, cast(null as double)))
      as characters_per_second,
    sum(if(ended is null, 1, 0)) as not_ended
  from ${responses} group by agent_id`

const latestClusters = ({ chunks, clusters }: Names) => `
  select l.cluster, l.label, coalesce(r.n, 0L) as \`rows\`,
    if(sum(coalesce(r.n, 0L)) over () = 0, cast(null as double), coalesce(r.n, 0L) / sum(coalesce(r.n, 0L)) over ())
      as share_of_rows,
    l.terms, l.change, l.model, l.first_model, l.parents, l.size, l.share, l.windows, l.nearest
  from (
    select *, min(model) over (partition by cluster) as first_model,
      row_number() over (partition by cluster order by model desc) as place
    from ${clusters}
  ) l
  left join (select cluster, count(*) as n from ${chunks} group by cluster) r on r.cluster = l.cluster
  where l.place = 1`

const selects: Readonly<Record<ViewName, (names: Names) => string>> = {
  responses,
  documents,
  agents,
  latest_clusters: latestClusters,
}

const namesOf = ({ isLegacy: _, ...tables }: HiveTables, responses: HiveName): Names => {
  const named = Object.entries<HiveTable>(tables).map(([name, { path }]) => [name, identifierOf(path)])
  return { ...Object.fromEntries(named), responses: identifierOf(responses) }
}

/** Names of tables, which are letters, digits and "_", are all that a view's text gets from elsewhere. */
const createView = async (spark: SparkSession, path: HiveName, select: string) => {
  await runSql(spark, `CREATE VIEW IF NOT EXISTS IDENTIFIER(:name) AS ${select}`, {
    name: lit.string(identifierOf(path)),
  })
}

/**
 * Makes the views that are not `there` yet, beside the tables. An old table has no columns to make them of: then there
 * are none.
 */
export const openHiveViews = async (
  spark: SparkSession,
  name: HiveName,
  tables: HiveTables,
  there: ReadonlySet<string>,
): Promise<void> => {
  if (tables.isLegacy) return
  const names = namesOf(tables, besideOf(name, 'responses'))
  const open = async (view: ViewName) => {
    const path = besideOf(name, view)
    if (!there.has(path[1])) await createView(spark, path, selects[view](names))
  }
  await open('responses')
  await Promise.all((['documents', 'agents', 'latest_clusters'] as const).map(open))
}
