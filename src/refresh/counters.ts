import { plus } from './answer.ts'
import type { DocumentRow } from './document.ts'

/** What a run counted: of the input's lines, and summed over the documents. PROTOCOL.md says what each means. */
export const newCounters = () => ({
  lines: 0,
  blank: 0,
  records: 0,
  malformed: 0,
  open_lines: 0,
  documents: 0,
  complete: 0,
  open: 0,
  incomplete: 0,
  unsequenced: 0,
  answers: 0,
  superseded: 0,
  chunks: 0,
  bytes: 0,
  repeats: 0,
  conflicts: 0,
  gaps: 0,
  missing: 0,
  out_of_order: 0,
})

export type Counters = ReturnType<typeof newCounters>

export const addCounters = (to: Counters, from: Counters): void => {
  for (const name of Object.keys(from) as (keyof Counters)[]) to[name] = plus(to[name], from[name])
}

export const countDocument = (to: Counters, row: DocumentRow): void => {
  to.documents++
  to[row.state]++
  if (row.parts !== undefined) to.superseded += row.parts.filter(p => p.superseded_by !== undefined).length
  to.answers += row.answers
  to.chunks += row.chunks
  to.bytes += row.bytes
  to.repeats += row.repeats
  to.conflicts += row.conflicts
  to.gaps += row.gaps
  to.missing = plus(to.missing, row.missing)
  to.out_of_order += row.out_of_order
}
