/**
 * The simplest implementation of PROTOCOL.md's "From records to a document": plain objects in memory, one rule after
 * another, nothing of src/refresh. What every runner leaves is compared with it, byte for byte.
 */
import { createHash } from 'node:crypto'
import type { Chunk } from '../src/chunk/chunk.ts'
import { microsOf } from '../src/chunk/event-time.ts'
import { fileNameOf } from '../src/chunk/file-name.ts'
import { isoMicros } from '../src/std/clock.ts'

interface Arrived {
  readonly chunk: Chunk
  readonly arrival: number
  /** What rule 2 sorts by, for a record without `seq`. */
  readonly time: number
}

const faultNames = ['gap', 'end-chunks', 'end-bytes', 'end-sha256', 'after-end', 'second-end', 'lone-surrogate']

const groupBy = <T>(all: Iterable<T>, keyOf: (one: T) => string) => [...Map.groupBy(all, keyOf)]
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const microsOfChunk = ({ event_time }: Chunk) => (event_time === undefined ? Number.NaN : microsOf(event_time))
const isoOrNull = (micros: number | undefined) => (micros === undefined ? null : isoMicros(micros))
const hasSeq = ({ response_id, seq }: Chunk) => seq !== undefined && response_id !== undefined && response_id !== ''
const sourceOf = (source: Chunk['source']) => {
  const { requested_at, ...named } = source ?? {}
  return source === undefined ? null : named
}
const asFaults = (faults: string[]) => (faults.length > 0 ? { faults: faultNames.filter(f => faults.includes(f)) } : {})

/** Rule 2, a record without `event_time`. */
const timed = (records: { chunk: Chunk; arrival: number }[]): Arrived[] => {
  let time = Number.NEGATIVE_INFINITY
  return records.map(one => {
    const own = microsOfChunk(one.chunk)
    if (!Number.isNaN(own)) time = own
    return { ...one, time }
  })
}

const difference = (a: number, b: number) => (a === b ? 0 : a - b)
const bySeq = (a: Arrived, b: Arrived) => difference(a.chunk.seq!, b.chunk.seq!) || a.arrival - b.arrival
const byTime = (a: Arrived, b: Arrived) => difference(a.time, b.time) || a.arrival - b.arrival

/** Rule 3: the first of each `seq`, and what became of the others. */
const distinct = (sorted: Arrived[]) => {
  const kept: Arrived[] = []
  let [repeats, conflicts] = [0, 0]
  for (const one of sorted) {
    const first = kept.at(-1)
    if (first === undefined || first.chunk.seq !== one.chunk.seq) kept.push(one)
    else if (content(first.chunk) === content(one.chunk)) repeats++
    else conflicts++
  }
  return { kept, repeats, conflicts }
}

const content = ({ chunk, end }: Chunk) =>
  JSON.stringify([chunk, end && [end.reason, end.chunks, end.bytes, end.sha256]])

const backwards = (records: Arrived[]) => records.filter((r, i) => i > 0 && r.arrival < records[i - 1].arrival).length

/** Rules 2 to 5. */
const answerOf = (id: string, arrived: { chunk: Chunk; arrival: number }[]) => {
  const { kept: first, repeats, conflicts } = distinct(timed(arrived.filter(r => hasSeq(r.chunk))).sort(bySeq))
  const rest = timed(arrived.filter(r => !hasSeq(r.chunk))).sort(byTime)
  const all = [...first, ...rest]
  const holes = first.map((r, i) => r.chunk.seq! - (i === 0 ? 0 : first[i - 1].chunk.seq! + 1)).filter(n => n > 0)
  const text = all.map(r => r.chunk.chunk).join('')
  const bytes = Buffer.from(text)
  const closing = first.filter(r => r.chunk.end !== undefined)
  const end = closing[0]?.chunk.end
  const faults: string[] = []
  if (holes.length > 0) faults.push('gap')
  if (end !== undefined) {
    if (end.chunks !== closing[0].chunk.seq) faults.push('end-chunks')
    if (end.bytes !== bytes.length) faults.push('end-bytes')
    if (end.sha256 !== sha256(bytes)) faults.push('end-sha256')
    if (all.slice(all.indexOf(closing[0])).some(r => !closing.includes(r))) faults.push('after-end')
    if (closing.length > 1) faults.push('second-end')
  }
  if (!text.isWellFormed()) faults.push('lone-surrogate')
  const state = faults.length > 0 ? 'incomplete' : first.length === 0 ? 'unsequenced' : end ? 'complete' : 'open'
  const times = all.map(r => microsOfChunk(r.chunk)).filter(t => !Number.isNaN(t))
  const { agent_id, source, supersedes } = all[0].chunk
  return {
    id,
    agent: agent_id,
    claim: supersedes,
    content: bytes,
    from: times.length > 0 ? Math.min(...times) : undefined,
    to: times.length > 0 ? Math.max(...times) : undefined,
    faults,
    row: { source: sourceOf(source), state, chunks: all.length - closing.length, bytes: bytes.length },
    counts: {
      repeats,
      conflicts,
      gaps: holes.length,
      missing: sum(holes),
      out_of_order: backwards(first) + backwards(rest),
    },
    ended: end?.reason ?? null,
  }
}
type Answer = ReturnType<typeof answerOf>

/** Rule 6: complete itself, or superseded by one that is covered. */
const isCovered = (answer: Answer, byId: Map<string, Answer>): boolean =>
  answer.row.state === 'complete' ||
  [...byId.values()].some(
    a => byId.get(a.claim ?? '') === answer && whyIgnored(a, byId) === undefined && isCovered(a, byId),
  )

/** Rule 6: why a claim is ignored, or `undefined`. A claim that another rule refuses cannot make a cycle. */
const whyIgnored = (answer: Answer, byId: Map<string, Answer>) => {
  const target = (a: Answer) => (a.claim === undefined || a.claim === '' ? undefined : byId.get(a.claim))
  const old = target(answer)
  if (old === undefined) return 'stranger'
  if (old.agent !== answer.agent) return 'another-agent'
  const seen = new Set<Answer>()
  for (let a: Answer | undefined = old; a !== undefined && !seen.has(a); a = target(a)) {
    if (a === answer) return 'cycle'
    if (target(a)?.agent !== a.agent) break
    seen.add(a)
  }
  return isCovered(answer, byId) || old.row.state !== 'complete' ? undefined : 'not-complete'
}

const inOrder = (a: Answer, b: Answer) =>
  difference(a.from ?? Number.NEGATIVE_INFINITY, b.from ?? Number.NEGATIVE_INFINITY) || byBytes(a.id, b.id)

export interface OracleDocument {
  readonly line: string
  readonly file: string
  readonly content: Buffer
  /** With `--attempts`: below `_attempts/`. */
  readonly attempts: { file: string; content: Buffer }[]
}

const documentOf = (uri: string, arrived: { chunk: Chunk; arrival: number }[], attempts: boolean): OracleDocument => {
  const answers = groupBy(arrived, r => r.chunk.response_id ?? '').map(([id, records]) => answerOf(id, records))
  answers.sort(inOrder)
  const byId = new Map(answers.map(a => [a.id, a]))
  const claims = answers.filter(a => a.claim !== undefined)
  const ignored = new Map(claims.map(a => [a, whyIgnored(a, byId)]))
  const supersederOf = (old: Answer) => claims.find(a => a.claim === old.id && ignored.get(a) === undefined)
  const superseded = answers.filter(supersederOf)
  const surviving = answers.filter(a => !superseded.includes(a))
  const content = Buffer.concat(surviving.map(a => a.content))
  const total = (name: keyof Answer['counts']) => sum(surviving.map(a => a.counts[name]))
  const states = surviving.map(a => a.row.state)
  const attemptFile = (a: Answer) => `${fileNameOf(uri)}/${fileNameOf(`/${a.id}`)}`

  const part = (a: Answer) => {
    const { source, state, chunks, bytes } = a.row
    return {
      ...{ response_id: a.id === '' ? null : a.id, agent_id: a.agent ?? null },
      ...{ source, state, chunks, bytes, sha256: sha256(a.content) },
      ...{ first_event_time: isoOrNull(a.from), last_event_time: isoOrNull(a.to) },
      ...a.counts,
      ended: a.ended,
      ...asFaults(a.faults),
      ...(a.claim !== undefined && { supersedes: a.claim, ignored: ignored.get(a) }),
      ...(supersederOf(a) && { superseded_by: supersederOf(a)!.id }),
      ...(supersederOf(a) && attempts && { file: attemptFile(a) }),
    }
  }
  const froms = surviving.flatMap(a => a.from ?? [])
  const tos = surviving.flatMap(a => a.to ?? [])
  const line = {
    ...{ uri, file: fileNameOf(uri), source: surviving[0].row.source, answers: surviving.length },
    response_id: surviving.length === 1 && surviving[0].id !== '' ? surviving[0].id : null,
    state: ['incomplete', 'open', 'unsequenced'].find(s => states.includes(s)) ?? 'complete',
    chunks: sum(surviving.map(a => a.row.chunks)),
    ...{ bytes: content.length, sha256: sha256(content) },
    first_event_time: isoOrNull(froms.length > 0 ? Math.min(...froms) : undefined),
    last_event_time: isoOrNull(tos.length > 0 ? Math.max(...tos) : undefined),
    ...{ repeats: total('repeats'), conflicts: total('conflicts'), gaps: total('gaps') },
    ...{ missing: total('missing'), out_of_order: total('out_of_order') },
    ended: surviving.at(-1)!.ended,
    ...asFaults(surviving.flatMap(a => a.faults)),
    ...((answers.length > 1 || claims.length > 0) && { parts: [...surviving, ...superseded].map(part) }),
  }
  return {
    line: JSON.stringify(line),
    file: line.file,
    content,
    attempts: attempts ? superseded.map(a => ({ file: attemptFile(a), content: a.content })) : [],
  }
}

/** All documents of a log, sorted as `_documents.ndjson` is; the records come in the order of their arrival. */
export const oracle = (records: readonly Chunk[], attempts = false): OracleDocument[] =>
  groupBy(
    records.map((chunk, arrival) => ({ chunk, arrival })),
    r => r.chunk.destination_uri,
  )
    .sort(([a], [b]) => byBytes(a, b))
    .map(([uri, arrived]) => documentOf(uri, arrived, attempts))
