import { fileNameOf } from '../chunk/file-name.ts'
import { compareUtf8 } from '../std/bytes.ts'
import { isoMicros } from '../std/clock.ts'
import { type Answer, type Fault, type State, sortFaults } from './answer.ts'
import { type Claims, decideClaims } from './supersede.ts'

/** A document's answers in the order in which they are joined, and what became of their claims. */
export interface Plan {
  readonly surviving: readonly Answer[]
  readonly superseded: readonly Answer[]
  readonly claims: Claims
}

const noTimeFirst = (micros: number) => (Number.isNaN(micros) ? Number.NEGATIVE_INFINITY : micros)

const byTime = (a: Answer, b: Answer): number => {
  const x = noTimeFirst(a.firstMicros)
  const y = noTimeFirst(b.firstMicros)
  return x === y ? compareUtf8(a.responseId, b.responseId) : x - y
}

const noClaims: Claims = { ignored: new Map(), supersededBy: new Map() }

export const plan = (answers: readonly Answer[]): Plan => {
  if (answers.length === 1 && answers[0].supersedes === undefined) {
    return { surviving: answers, superseded: [], claims: noClaims }
  }
  const inOrder = answers.toSorted(byTime)
  const claims = decideClaims(inOrder)
  const isSuperseded = (a: Answer) => claims.supersededBy.has(a.responseId)
  return { surviving: inOrder.filter(a => !isSuperseded(a)), superseded: inOrder.filter(isSuperseded), claims }
}

/** Where a superseded answer's text is written with `--attempts`, below `_attempts/`: a folder per document. */
export const attemptFileOf = (uri: string, responseId: string): string =>
  `${fileNameOf(uri)}/${fileNameOf(`/${responseId}`)}`

const timeOf = (micros: number): string | null => (Number.isNaN(micros) ? null : isoMicros(micros))

const earliest = (a: number, b: number) => (Number.isNaN(a) || b < a ? b : a)
const latest = (a: number, b: number) => (Number.isNaN(a) || b > a ? b : a)

const worst: readonly State[] = ['incomplete', 'open', 'unsequenced', 'complete']

const worse = (a: State, b: State): State => (worst.indexOf(a) <= worst.indexOf(b) ? a : b)

/** What is said of two answers, one behind the other, as if they were one; text and names aside. */
const both = (a: Answer, b: Answer): Answer => ({
  ...b,
  state: worse(a.state, b.state),
  chunks: a.chunks + b.chunks,
  bytes: a.bytes + b.bytes,
  firstMicros: earliest(a.firstMicros, b.firstMicros),
  lastMicros: latest(a.lastMicros, b.lastMicros),
  repeats: a.repeats + b.repeats,
  conflicts: a.conflicts + b.conflicts,
  gaps: a.gaps + b.gaps,
  missing: a.missing + b.missing,
  outOfOrder: a.outOfOrder + b.outOfOrder,
  faults: sortFaults([...a.faults, ...b.faults]),
})

const nameOf = ({ responseId }: Answer) => (responseId === '' ? null : responseId)

const anyFaults = ({ faults }: Answer): readonly Fault[] | undefined => (faults.length === 0 ? undefined : faults)

/** Where a text came from, not when: that differs between captures of the same. */
const sourceOf = ({ source }: Answer) => {
  if (source === undefined) return null
  const { url, file, etag, chunk_size } = source
  return { url, file, etag, chunk_size }
}

const part = (uri: string, answer: Answer, { ignored, supersededBy }: Claims, attempts: boolean) => ({
  response_id: nameOf(answer),
  agent_id: answer.agentId ?? null,
  source: sourceOf(answer),
  state: answer.state,
  chunks: answer.chunks,
  bytes: answer.bytes,
  sha256: answer.sha256,
  first_event_time: timeOf(answer.firstMicros),
  last_event_time: timeOf(answer.lastMicros),
  repeats: answer.repeats,
  conflicts: answer.conflicts,
  gaps: answer.gaps,
  missing: answer.missing,
  out_of_order: answer.outOfOrder,
  ended: answer.end?.reason ?? null,
  faults: anyFaults(answer),
  supersedes: answer.supersedes,
  ignored: ignored.get(answer.responseId),
  superseded_by: supersededBy.get(answer.responseId),
  file: attempts && supersededBy.has(answer.responseId) ? attemptFileOf(uri, answer.responseId) : undefined,
})

const partsOf = (uri: string, { surviving, superseded, claims }: Plan, attempts: boolean) => {
  if (superseded.length === 0 && surviving.length === 1 && surviving[0].supersedes === undefined) return undefined
  return [...surviving, ...superseded].map(answer => part(uri, answer, claims, attempts))
}

/** What `_documents.ndjson` says of one document; `sha256` is of the joined text. */
export const documentOf = (uri: string, plan: Plan, sha256: string, attempts: boolean) => {
  const { surviving } = plan
  const all = surviving.length === 1 ? surviving[0] : surviving.reduce(both)
  return {
    uri,
    file: fileNameOf(uri),
    source: sourceOf(surviving[0]),
    answers: surviving.length,
    response_id: surviving.length === 1 ? nameOf(all) : null,
    state: all.state,
    chunks: all.chunks,
    bytes: all.bytes,
    sha256,
    first_event_time: timeOf(all.firstMicros),
    last_event_time: timeOf(all.lastMicros),
    repeats: all.repeats,
    conflicts: all.conflicts,
    gaps: all.gaps,
    missing: all.missing,
    out_of_order: all.outOfOrder,
    ended: all.end?.reason ?? null,
    faults: anyFaults(all),
    parts: partsOf(uri, plan, attempts),
  }
}

export type DocumentRow = ReturnType<typeof documentOf>

const json = JSON.stringify

/** What `JSON.stringify` makes of a row, written out: with many small documents that call is most of the work. */
export const rowLine = (row: DocumentRow): string => {
  const { source, response_id, first_event_time, last_event_time, ended, faults, parts } = row
  return (
    `{"uri":${json(row.uri)},"file":${json(row.file)},"source":${source === null ? 'null' : json(source)},` +
    `"answers":${row.answers},"response_id":${response_id === null ? 'null' : json(response_id)},` +
    `"state":"${row.state}","chunks":${row.chunks},"bytes":${row.bytes},"sha256":"${row.sha256}",` +
    `"first_event_time":${quoted(first_event_time)},"last_event_time":${quoted(last_event_time)},` +
    `"repeats":${row.repeats},"conflicts":${row.conflicts},"gaps":${row.gaps},"missing":${row.missing},` +
    `"out_of_order":${row.out_of_order},"ended":${ended === null ? 'null' : json(ended)}` +
    `${faults === undefined ? '' : `,"faults":${json(faults)}`}${parts === undefined ? '' : `,"parts":${json(parts)}`}}\n`
  )
}

const quoted = (plain: string | null) => (plain === null ? 'null' : `"${plain}"`)
