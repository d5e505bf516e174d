import { type TableName, tableNames } from './schema.ts'

export type ViewName = 'documents' | 'responses' | 'agents' | 'latest_clusters'

const ofAnswers: readonly TableName[] = ['chunks_clustered', 'openings', 'endings']

/** Which tables have to be there for a table or view to be read. */
export const readsOf: Readonly<Record<TableName | ViewName, readonly TableName[]>> = {
  chunks_clustered: ['chunks_clustered', 'clusters'],
  openings: ['openings'],
  endings: ['endings'],
  rejected: ['rejected'],
  clusters: ['clusters'],
  documents: ofAnswers,
  responses: ofAnswers,
  agents: ofAnswers,
  latest_clusters: ['chunks_clustered', 'clusters'],
}

export const isKnown = (name: string): name is TableName | ViewName => Object.hasOwn(readsOf, name)

/** Whether a statement may read a column of this name. What costs much is left out of a view where nobody asks for it. */
type Uses = (column: string) => boolean

/** In the place of a column that was left out: to read it would be a mistake of ours, so that fails. */
const leftOut = (column: string, type: string) =>
  `error('bug: "${column}" was read, but left out')::${type} AS ${column}`

/** A row's label is the latest one of its cluster, so that a cluster has one, whatever model put the row there. */
const chunksClustered = (uses: Uses) => {
  const labels = `SELECT cluster, arg_max(label, model) AS label FROM stored.clusters WHERE label <> '' GROUP BY cluster`
  if (!uses('label')) return `SELECT *, ${leftOut('label', 'VARCHAR')} FROM stored.chunks_clustered`
  return `SELECT c.*, l.label FROM stored.chunks_clustered c LEFT JOIN (${labels}) l ON c.cluster = l.cluster`
}

/** An answer's key. An empty `response_id` counts as none, and null is hard to join by. */
const answer = `coalesce(response_id, '')`

/**
 * All that is known of each answer, in one pass: what its records say, the first one's beyond a row, the closing one's.
 * The last record may hold text, then it is a row with an `end_reason`.
 */
const answersOf = (where: string) => `
  SELECT destination_uri, answer,
    arg_min(agent_id, place) AS agent_id,
    min(event_time) AS first_event_time,
    max(event_time) AS last_event_time,
    (epoch_us(max(event_time) FILTER (is_chunk)) - epoch_us(min(event_time) FILTER (is_chunk))) / 1e6 AS duration_s,
    (epoch_us(min(event_time) FILTER (chunk <> ''))
      - epoch_us(coalesce(min(requested_time), min(event_time) FILTER (is_chunk AND seq = 0 AND chunk = '')))
    ) / 1e6 AS time_to_first_chunk_s,
    count(*) FILTER (is_chunk) AS chunks,
    count(seq) FILTER (is_chunk) AS numbered,
    max(seq) FILTER (is_chunk) AS last_seq,
    coalesce(sum(length(chunk)), 0)::BIGINT AS characters,
    coalesce(sum(strlen(chunk)), 0)::BIGINT AS bytes,
    arg_min(supersedes, place) AS supersedes,
    arg_min(reason, seq) AS ended,
    min(seq) FILTER (reason IS NOT NULL) AS end_seq,
    arg_min(end_chunks, seq) AS end_chunks
  FROM (
    SELECT destination_uri, ${answer} AS answer, agent_id, event_time, chunk, seq, end_reason IS NULL AS is_chunk,
      coalesce(seq, epoch_us(event_time), 0) AS place,
      NULL::TIMESTAMPTZ AS requested_time, NULL AS supersedes, NULL AS reason, NULL::BIGINT AS end_chunks
    FROM stored.chunks_clustered
    UNION ALL
    SELECT destination_uri, ${answer}, agent_id, NULL, NULL, NULL, false, -1, requested_time, supersedes, NULL, NULL
    FROM stored.openings
    UNION ALL
    SELECT destination_uri, ${answer}, agent_id, event_time, NULL, seq, false, 9e18::BIGINT, NULL, NULL, reason, chunks
    FROM stored.endings
  ) WHERE ${where} GROUP BY destination_uri, answer`

/** As far as a table can tell: nothing is recomputed from the text. */
const state = `
  CASE
    WHEN numbered = 0 AND ended IS NULL THEN 'unsequenced'
    WHEN numbered <> coalesce(last_seq, -1) + 1 THEN 'incomplete'
    WHEN ended IS NULL THEN 'open'
    WHEN end_seq = numbered AND end_chunks = end_seq AND chunks = numbered THEN 'complete'
    ELSE 'incomplete'
  END`

/** Micros from one chunk of an answer to the next. Numbers sort faster than an answer's names, and than instants. */
const gaps = `
  WITH numbered AS MATERIALIZED (
    SELECT destination_uri, ${answer} AS answer, row_number() OVER () AS number FROM stored.chunks_clustered GROUP BY ALL
  ), chunks AS (
    SELECT n.number, c.agent_id, c.seq, epoch_us(c.event_time) AS micros FROM stored.chunks_clustered c
    JOIN numbered n ON n.destination_uri = c.destination_uri AND n.answer = coalesce(c.response_id, '')
    WHERE c.end_reason IS NULL
  ), gaps AS (
    SELECT number, agent_id, micros - lag(micros) OVER (PARTITION BY number ORDER BY seq, micros) AS gap FROM chunks
  )`

const gapNames = ['gap_median_s', 'gap_p99_s', 'gap_longest_s']
/** To whole micros, as they came. */
const gapColumns = `
  round(median(gap::DOUBLE)) / 1e6 AS gap_median_s,
  round(quantile_cont(gap::DOUBLE, 0.99)) / 1e6 AS gap_p99_s,
  max(gap) / 1e6 AS gap_longest_s`
const gapsByAgent = `${gaps} SELECT agent_id, ${gapColumns} FROM gaps GROUP BY agent_id`
const gapsByAnswer = `${gaps}
  SELECT destination_uri, answer, ${gapNames.join(', ')} FROM numbered
  JOIN (SELECT number, ${gapColumns} FROM gaps GROUP BY number) USING (number)`

/** The columns of gaps, and the join that they need, if anybody asks for them. */
const gapsFor = (uses: Uses, gaps: string, on: string): readonly [columns: string, join: string] => {
  if (!gapNames.some(uses)) return [gapNames.map(name => leftOut(name, 'DOUBLE')).join(', '), '']
  return [gapNames.map(name => `g.${name}`).join(', '), `LEFT JOIN (${gaps}) g ON ${on}`]
}

/**
 * Answers that another one replaces, by rule 6 of PROTOCOL: a claim counts within a document and an agent, and takes
 * effect if the new answer is complete, or superseded by one for which that holds, or if the old one is not complete.
 */
const superseded = `
  WITH RECURSIVE claims AS (
    SELECT destination_uri, ${answer} AS answer, supersedes AS old FROM stored.openings WHERE supersedes <> ''
  ), involved AS (
    SELECT *, ${state} AS state FROM (${answersOf(`(destination_uri, answer) IN (
      SELECT (destination_uri, answer) FROM claims UNION ALL SELECT (destination_uri, old) FROM claims)`)})
  ), valid AS (
    SELECT c.*, n.state AS new_state, o.state AS old_state FROM claims c
    JOIN involved n ON n.destination_uri = c.destination_uri AND n.answer = c.answer
    JOIN involved o ON o.destination_uri = c.destination_uri AND o.answer = c.old
    WHERE n.agent_id IS NOT DISTINCT FROM o.agent_id AND c.answer <> c.old
  ), covered AS (
    SELECT destination_uri, answer FROM valid WHERE new_state = 'complete'
    UNION
    SELECT v.destination_uri, v.old FROM valid v JOIN covered c USING (destination_uri, answer)
  )
  SELECT v.destination_uri, v.old AS answer, min(v.answer) AS superseded_by FROM valid v
  LEFT JOIN covered c USING (destination_uri, answer)
  WHERE c.answer IS NOT NULL OR v.old_state <> 'complete'
  GROUP BY v.destination_uri, v.old`

const onAnswer = (other: string) => `${other}.destination_uri = a.destination_uri AND ${other}.answer = a.answer`

const responses = (uses: Uses) => {
  const [gapColumns, gapJoin] = gapsFor(uses, gapsByAnswer, onAnswer('g'))
  const [by, byJoin] = uses('superseded_by')
    ? ['s.superseded_by', `LEFT JOIN (${superseded}) s ON ${onAnswer('s')}`]
    : [leftOut('superseded_by', 'VARCHAR'), '']
  return `
    SELECT a.agent_id, a.destination_uri, nullif(a.answer, '') AS response_id, ${state} AS state, a.ended,
      a.chunks, a.characters, a.bytes, a.first_event_time, a.last_event_time, a.time_to_first_chunk_s, a.duration_s,
      a.characters / nullif(a.duration_s, 0) AS characters_per_second, ${gapColumns}, a.supersedes, ${by}
    FROM (${answersOf('true')}) a ${gapJoin} ${byJoin}`
}

const surviving = responses(column => column === 'superseded_by')

/** Its answers without those that are superseded, as refresh rebuilds it. */
const documents = () => `
  SELECT destination_uri,
    count(*) AS answers,
    count(DISTINCT agent_id) AS agents,
    CASE
      WHEN bool_or(state = 'incomplete') THEN 'incomplete'
      WHEN bool_or(state = 'open') THEN 'open'
      WHEN bool_or(state = 'unsequenced') THEN 'unsequenced'
      ELSE 'complete'
    END AS state,
    nullif(arg_max(coalesce(ended, ''), (coalesce(first_event_time, '-infinity'), coalesce(response_id, ''))), '') AS ended,
    sum(chunks)::BIGINT AS chunks, sum(characters)::BIGINT AS characters, sum(bytes)::BIGINT AS bytes,
    min(first_event_time) AS first_event_time, max(last_event_time) AS last_event_time
  FROM (${surviving}) WHERE superseded_by IS NULL GROUP BY destination_uri`

/** All that an agent did, superseded answers, too. */
const agents = (uses: Uses) => {
  const [gapColumns, gapJoin] = gapsFor(uses, gapsByAgent, 'g.agent_id IS NOT DISTINCT FROM a.agent_id')
  return `
    SELECT a.*, ${gapColumns} FROM (
      SELECT agent_id, count(*) AS responses, count(DISTINCT destination_uri) AS documents,
        sum(chunks)::BIGINT AS chunks, sum(characters)::BIGINT AS characters, sum(bytes)::BIGINT AS bytes,
        min(first_event_time) AS first_event_time, max(last_event_time) AS last_event_time,
        median(time_to_first_chunk_s) AS time_to_first_chunk_median_s,
        sum(characters) FILTER (duration_s > 0) / nullif(sum(duration_s), 0) AS characters_per_second,
        histogram(ended) AS ends, count(*) FILTER (ended IS NULL) AS not_ended
      FROM (${responses(() => false)}) GROUP BY agent_id) a ${gapJoin}`
}

const latestClusters = () => `
  SELECT l.cluster, l.label, coalesce(r.rows, 0) AS rows,
    coalesce(r.rows, 0) / nullif(sum(coalesce(r.rows, 0)) OVER (), 0) AS share_of_rows,
    l.terms, l.change, l.model, l.first_model, l.parents, l.size, l.share, l.windows, l.nearest
  FROM (
    SELECT *, min(model) OVER (PARTITION BY cluster) AS first_model FROM stored.clusters
    QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY model DESC) = 1
  ) l LEFT JOIN (SELECT cluster, count(*) AS rows FROM stored.chunks_clustered GROUP BY cluster) r ON r.cluster = l.cluster`

const selects: Readonly<Record<ViewName, (uses: Uses) => string>> = {
  documents,
  responses,
  agents,
  latest_clusters: latestClusters,
}

export const viewNames = Object.keys(selects) as readonly ViewName[]

const view = (name: string, select: string) => `CREATE VIEW ${name} AS ${select}`

/** Statements that make what people see of the tables in the schema `stored`. */
export const viewsOf = (uses: Uses): string => {
  const plain = tableNames.filter(table => table !== 'chunks_clustered')
  return [
    view('chunks_clustered', chunksClustered(uses)),
    ...plain.map(table => view(table, `SELECT * FROM stored.${table}`)),
    ...viewNames.map(name => view(name, selects[name](uses))),
  ].join(';\n')
}
