import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { Log } from './rebuild.ts'

/** A record as the generator thinks of it; `order` shuffles the log, and shrinks to none. */
interface Spec {
  readonly fields: Record<string, unknown>
  readonly style: Style
  readonly order: number
}

const character = fc.constantFrom('a', 'b', '\n', '"', '\\n', '\r\n', 'é', '\ufffd', '😀', '\u2028', '\0')
const text = fc.oneof(
  { weight: 9, arbitrary: fc.array(character, { maxLength: 12 }).map(all => all.join('')) },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.nat(3).map(n => `${'x'.repeat(65_533 + n)}😀é`) },
)

/** Cut anywhere, even inside a surrogate pair, which the next piece then heals. */
const cutUp = (text: string, at: readonly number[]): string[] => {
  const borders = at.map(share => Math.floor((text.length * share) / 100)).sort((a, b) => a - b)
  return [...borders, text.length].map((to, n) => text.slice(borders[n - 1] ?? 0, to))
}
const healthy = fc.tuple(text, fc.array(fc.nat(100), { maxLength: 6 })).map(([text, at]) => cutUp(text, at))
const broken = fc.array(fc.constantFrom('\ud83d', '\ude00', '\ude00\ud83d', 'x\ud83d', '', 'y'), { maxLength: 5 })
const pieces: fc.Arbitrary<string[]> = fc.oneof({ weight: 8, arbitrary: healthy }, { weight: 1, arbitrary: broken })
const piece = fc.oneof(
  { weight: 15, arbitrary: character },
  { weight: 1, arbitrary: fc.constantFrom('\ud83d', '\ude00') },
)

const time = fc.constantFrom(
  undefined,
  '2026-11-23T08:37:04.000001',
  '2026-11-23T08:37:04.000002Z',
  '2026-11-23T09:37:04.000002+01:00',
  '2026-11-23T08:37:04',
  '1969-12-31T23:59:59.999999',
  'yesterday',
  '',
)
const id = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('r1', 'r2', 'r3') },
  { weight: 1, arbitrary: fc.constantFrom('é', '\uffff', '😀', '\ud800', '\0r1') },
)
const agent = fc.oneof(
  { weight: 5, arbitrary: fc.constant('Agent_Ada') },
  { weight: 1, arbitrary: fc.constantFrom('Agent_Bob', undefined) },
)
const claim = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 5, arbitrary: id },
  { weight: 1, arbitrary: fc.constantFrom('nobody', '') },
)
const source = fc.constantFrom(
  undefined,
  undefined,
  { url: 'http://x', file: 'a.txt', requested_at: '2026-11-23T08:37:04.123456Z' },
  { url: 'u', file: 'é"\\', etag: 'W/"1"', chunk_size: 5, x: [1e300] },
)
const order = fc.nat(30)

const styles = ['compact', 'python', 'reversed', 'escaped', 'extra', 'spaced'] as const
type Style = (typeof styles)[number]
const style = fc.constantFrom(...styles)

const sha256 = (text: string) => createHash('sha256').update(Buffer.from(text)).digest('hex')

const endOf = (seq: number, text: string, wrong: string) => ({
  reason: 'stop',
  chunks: wrong === 'chunks' ? seq + 1 : seq,
  bytes: Buffer.byteLength(text) + (wrong === 'bytes' ? 1 : 0),
  sha256: sha256(wrong === 'sha256' ? `${text}x` : text),
})

/** What becomes of one record on its way: mostly nothing. */
const fate = fc.record({
  time,
  order,
  fate: fc.oneof(
    { weight: 40, arbitrary: fc.constant('kept') },
    { weight: 5, arbitrary: fc.constantFrom('twice', 'lost', 'changed') },
  ),
  laterBy: fc.nat(30),
})
const calm = fc.record({ time, order, fate: fc.constant('kept'), laterBy: fc.constant(0) })
const thirteen = { minLength: 13, maxLength: 13 }
const fates = fc.oneof(fc.array(fate, thirteen), fc.array(calm, thirteen))
const ending = fc.oneof(
  { weight: 4, arbitrary: fc.constant('right') },
  { weight: 2, arbitrary: fc.constantFrom('none', 'chunks', 'bytes', 'sha256', 'twice', 'early') },
)

/** An answer as producers write them, with what networks and crashes make of it. */
const sequenced = fc
  .record({ id, agent, claim, source, style, pieces, fates, ending })
  .map(({ id, agent, claim, source, style, pieces, fates, ending }): Spec[] => {
    const base = { agent_id: agent, response_id: id }
    const records = pieces.flatMap((piece, seq): Spec[] => {
      const { time, order, fate, laterBy } = fates[seq]
      const fields = { ...base, chunk: piece, event_time: time, seq, ...(seq === 0 && { source, supersedes: claim }) }
      const again = {
        fields: fate === 'changed' ? { ...fields, chunk: `${piece}!` } : fields,
        style,
        order: order + laterBy,
      }
      if (fate === 'lost') return []
      return fate === 'kept' ? [{ fields, style, order }] : [{ fields, style, order }, again]
    })
    const end = endOf(pieces.length, pieces.join(''), ending)
    const closing = (seq: number): Spec => ({
      fields: { ...base, chunk: '', event_time: fates[12].time, seq, end },
      style,
      order: fates[12].order,
    })
    if (ending === 'none') return records
    if (ending === 'early') return [...records, closing(Math.max(0, pieces.length - 2))]
    return [...records, closing(pieces.length), ...(ending === 'twice' ? [closing(pieces.length + 1)] : [])]
  })

/** Records that make no sense together. */
const chaotic = fc
  .record({
    fields: fc.record({
      chunk: fc.option(piece, { nil: undefined }),
      response_id: fc.oneof(id, fc.constantFrom(undefined, undefined, '')),
      seq: fc.constantFrom(undefined, undefined, 0, 1, 2, 3, 9, 2 ** 53 - 1),
      event_time: time,
      agent_id: agent,
      supersedes: claim,
      source,
      end: fc.oneof(
        { weight: 6, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constant(endOf(1, 'a', '')) },
      ),
    }),
    style,
    order,
  })
  .map((spec): Spec[] => [spec])

const unsequenced = fc.record({ style, agent, pieces, fates }).map(({ style, agent, pieces, fates }): Spec[] =>
  pieces.map((piece, n) => {
    const { time, order } = fates[n]
    return { fields: { chunk: piece, agent_id: agent, event_time: time }, style, order }
  }),
)

const uri = (n: number) =>
  ['/a', '/ab.md', '/a/b', 'é', '\uffff', '😀', '/A', '/con', '/a\0', 'x'.repeat(200)][n % 10] + (n > 9 ? n : '')
const documents = fc
  .array(
    fc.array(
      fc.oneof(
        { weight: 12, arbitrary: sequenced },
        { weight: 1, arbitrary: chaotic },
        { weight: 1, arbitrary: unsequenced },
      ),
      { maxLength: 4 },
    ),
    { maxLength: 14 },
  )
  .map(all =>
    all.flatMap((specs, n) => specs.flat().map(s => ({ ...s, fields: { ...s.fields, destination_uri: uri(n) } }))),
  )

const escapes = (text: string) => text.replace(/[\s\S]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
const escaped = (json: unknown): string =>
  JSON.stringify(json, null, 0).replace(/"((?:[^"\\]|\\.)*)"/g, (_, body) => `"${escapes(JSON.parse(`"${body}"`))}"`)
const ascii = (json: string) => json.replace(/[^ -~\n]/g, c => escapes(c))

const lineOf: Record<Style, (fields: Record<string, unknown>) => string> = {
  compact: JSON.stringify,
  python: fields =>
    ascii(
      JSON.stringify(fields, null, 1)
        .replace(/\n */g, ' ')
        .replace(/^\{ | \}$/g, m => m.trim()),
    ),
  reversed: fields => JSON.stringify(Object.fromEntries(Object.entries(fields).reverse())),
  escaped,
  extra: fields =>
    JSON.stringify({ x: { chunk: 'no', seq: ['"}'], destination_uri: '/no' }, ...fields, '\\"chunk': '"seq":1,' }),
  spaced: fields => `\ufeff ${JSON.stringify(fields, null, 1).replace(/\n/g, '\t')} \r`,
}

const noise = fc.constantFrom(
  '',
  '\r',
  ' \t',
  '\ufeff',
  'rubbish',
  'rubbish\r',
  '\ufeffrubbish\r\r',
  '{"chunk":"a"}',
  '{"destination_uri":"/a","chunk":"a","chunk":"a"}',
  '{"destination_uri":"/a","seq":-1}',
  '{"destination_uri":"/a","chunk":null}',
  '{"destination_uri":"/a","source":{"url":"u","file":"f","url":"u"}}',
  '{"destination_uri":"/a","chunk":"\\ud83',
  '[]',
  Buffer.from('{"destination_uri":"/a","chunk":"\xff"}', 'latin1'),
)

const names = ['b.ndjson', 'a.ndjson', 'B.ndjson', 'é.jsonl', '\uffff.jsonl', '😀.jsonl', 'logs_1.txt']

const turnOf = (specs: readonly Spec[], n: number) =>
  specs.slice(0, n).filter(({ fields }) => fields.destination_uri === specs[n].fields.destination_uri).length

const shuffle: Record<string, (specs: Spec[]) => Spec[]> = {
  no: specs => specs,
  interleaved: specs => {
    const turns = new Map(specs.map((spec, n) => [spec, turnOf(specs, n)]))
    return specs.toSorted((a, b) => turns.get(a)! - turns.get(b)!)
  },
  all: specs => specs.toSorted((a, b) => a.order - b.order),
}

/** Any log: several documents, answers and agents; shuffled, repeated, cut into files, with rubbish in between. */
export const hardLog: fc.Arbitrary<Log> = fc
  .record({
    documents,
    shuffled: fc.constantFrom('no', 'interleaved', 'all'),
    noise: fc.array(fc.tuple(noise, fc.nat(100)), { maxLength: 6 }),
    cuts: fc.array(fc.nat(100), { maxLength: 4 }),
    tail: fc.constantFrom('\n', '', '\n{"destination_uri":"/a","chu'),
    attempts: fc.boolean(),
  })
  .map(({ documents, shuffled, noise, cuts, tail, attempts }) => {
    const specs = shuffle[shuffled](documents)
    const lines: (string | Buffer)[] = specs.map(({ fields, style }) =>
      lineOf[style](JSON.parse(JSON.stringify(fields))),
    )
    for (const [line, at] of noise) lines.splice(Math.floor((lines.length * at) / 100), 0, line)
    const borders = [0, ...cuts.map(at => Math.floor((lines.length * at) / 100)).sort((a, b) => a - b), lines.length]
    const inputs = borders.slice(1).map((to, i) => {
      const part = lines.slice(borders[i], to).map(line => Buffer.from(line as string))
      const joined = part.flatMap((line, n) => (n === 0 ? [line] : [Buffer.from('\n'), line]))
      return [names[i], Buffer.concat([...joined, Buffer.from(part.length > 0 ? tail : '')])] as const
    })
    return { inputs: new Map(inputs), attempts }
  })
