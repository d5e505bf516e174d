import { decode, isMalformed } from '../../src/chunk/codec.ts'
import { oracle, sum } from '../oracle.ts'
import type { Log, Rebuilt } from './rebuild.ts'

interface Line {
  readonly input: string
  readonly offset: number
  readonly bytes: Buffer
  readonly terminated: boolean
}

function* linesOf(input: string, bytes: Buffer): Generator<Line> {
  for (let offset = 0; offset < bytes.length; ) {
    const at = bytes.indexOf(0x0a, offset)
    const next = at < 0 ? bytes.length : at + 1
    yield { input, offset, bytes: bytes.subarray(offset, next), terminated: at >= 0 }
    offset = next
  }
}

const withoutLineEnd = (line: Buffer) =>
  line.subarray(0, line.length - (/\r?\n$/.exec(line.toString('latin1'))?.[0].length ?? 0))

const judge = (line: Line) => {
  const decoded = decode(line.bytes)
  if (decoded === undefined) return { kind: 'blank' } as const
  if (!isMalformed(decoded)) return { kind: 'record', chunk: decoded } as const
  if (!line.terminated) return { kind: 'open' } as const
  const { input, offset } = line
  const bytes = withoutLineEnd(line.bytes).toString('base64')
  return { kind: 'malformed', line: { input, offset, reason: decoded.malformed, bytes } } as const
}

const ndjson = (lines: readonly string[]) => Buffer.from(lines.map(line => `${line}\n`).join(''))

/** What PROTOCOL.md asks of a refresh of this log, by way of the oracle. */
export const expectedOf = ({ inputs, attempts = false }: Log): Pick<Rebuilt, 'files' | 'counters'> => {
  const inOrder = [...inputs].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const judged = inOrder.flatMap(([name, bytes]) => [...linesOf(name, bytes)]).map(judge)
  const documents = oracle(
    judged.flatMap(j => (j.kind === 'record' ? [j.chunk] : [])),
    attempts,
  )
  const malformed = judged.flatMap(j => (j.kind === 'malformed' ? [JSON.stringify(j.line)] : []))
  const rows = documents.map(d => JSON.parse(d.line))
  const count = (kind: string) => judged.filter(j => j.kind === kind).length
  const states = (state: string) => rows.filter(row => row.state === state).length
  const total = (name: string) => sum(rows.map(row => row[name]))
  return {
    files: new Map<string, Buffer>([
      ['_documents.ndjson', ndjson(documents.map(d => d.line))],
      ['_malformed.ndjson', ndjson(malformed)],
      ...documents.map(d => [d.file, d.content] as const),
      ...documents.flatMap(d => d.attempts.map(a => [`_attempts/${a.file}`, a.content] as const)),
    ]),
    counters: {
      ...{ lines: judged.length, blank: count('blank'), records: count('record') },
      ...{ malformed: count('malformed'), open_lines: count('open') },
      ...{ documents: rows.length, complete: states('complete'), open: states('open') },
      ...{ incomplete: states('incomplete'), unsequenced: states('unsequenced') },
      ...{ answers: total('answers'), superseded: sum(rows.map(row => (row.parts?.length ?? 1) - row.answers)) },
      ...{ chunks: total('chunks'), bytes: total('bytes'), repeats: total('repeats'), conflicts: total('conflicts') },
      ...{ gaps: total('gaps'), missing: total('missing'), out_of_order: total('out_of_order') },
    },
  }
}

const shown = (bytes: Buffer | undefined) =>
  bytes === undefined
    ? undefined
    : bytes.length > 20_000
      ? `${bytes.length} bytes: ${bytes.subarray(0, 200)}`
      : bytes.toString()

/** As data that a deep-equal shows well: names in order, texts instead of bytes. */
export const asData = ({ files, counters }: Pick<Rebuilt, 'files' | 'counters'>) => ({
  files: Object.fromEntries(
    [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, bytes]) => [name, shown(bytes)]),
  ),
  counters,
})

/** Byte for byte; what `asData` shows is for reading. */
export const sameFiles = (a: Rebuilt['files'], b: Rebuilt['files']) =>
  a.size === b.size && [...a].every(([name, bytes]) => b.get(name)?.equals(bytes))
