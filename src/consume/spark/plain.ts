import { lineBytesMax } from '../../chunk/chunk.ts'
import {
  as,
  call,
  cast,
  column,
  type Expression,
  lit,
  project,
  type Relation,
  type Term,
  tryCast,
  withColumns,
} from '../../wire/spark-connect/spark.ts'

/**
 * What Spark reads by itself is what `chunk/fast-line.ts` reads: a record of the known members in their usual order,
 * whose names hold no escapes and whose text holds no halves of surrogate pairs. Everything else is *hard*, and read by
 * `chunk/codec.ts` in this process, so that the rules stand in one place.
 */
const name = String.raw`[^"\\\x00-\x1f]`
const member = (key: string, value: string) => `"${key}": ?${value}`
const shape = [
  String.raw`^\{`,
  [
    member('chunk', String.raw`"([^\x00-\x1f]*)"`),
    member('agent_id', `"(${name}*)"`),
    member('destination_uri', `"(${name}+)"`),
    member('(?:event_time|timestamp)', String.raw`"((?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?)Z?"`),
  ].join(', ?'),
  `(?:, ?${member('response_id', `"(${name}+)"`)}, ?${member('seq', String.raw`(0|[1-9]\d{0,14})`)})?`,
  String.raw`\}\z`,
].join('')

/** Stands between the parts of a line: no line of this shape holds one. */
const border = '\x01'
const parts = { agent_id: 1, destination_uri: 2, event_time: 3, response_id: 4, seq: 5, body: 6 } as const
const inOrder = ['$2', '$3', '$4', '$5', '$6', '$1'].join(border)

const text = (value: string) => lit.string(value)
const and = (...terms: readonly Term[]): Expression =>
  terms.slice(1).reduce<Expression>((all, term) => call('and', all, term), call('and', terms[0], lit.boolean(true)))
const otherwise = (...whens: readonly Term[]) => call('when', ...whens)
const partOf = (part: keyof typeof parts) => call('element_at', 'parts', lit.int(parts[part]))
const orNull = (term: Term) => call('nullif', term, text(''))
const has = (term: Term, piece: string) => call('>', call('instr', term, text(piece)), lit.int(0))

const mayBeInShape = and(
  call('isnotnull', 'value'),
  call('<=', call('octet_length', 'value'), lit.int(lineBytesMax)),
  call('is_valid_utf8', 'text'),
  call('not', has('text', border)),
)

/** Escapes that are common, as long as no backslash is escaped; the quote's place is kept by what no line of the shape holds. */
const quoteMark = '\x02'
const common = [
  ['\\"', quoteMark],
  ['\\n', '\n'],
  ['\\r', '\r'],
  ['\\t', '\t'],
] as const
const simply = common.reduce<Term>((of, [from, to]) => call('replace', of, text(from), text(to)), 'body') as Expression

const escapeless = call('replace', call('replace', 'body', text('\\\\'), text('')), text('\\"'), text(''))
const isOutOfShape = call('or', has(escapeless, '"'), call('rlike', 'body', text(String.raw`\\u[dD][89a-fA-F]`)))
const unescaped = call(
  'element_at',
  call('from_json', call('concat', text('["'), 'body', text('"]')), text('array<string>')),
  lit.int(1),
)
const isSimple = call('not', call('or', has('simply', '\\'), has('simply', '"')))
const chunk = otherwise(
  call('not', has('body', '\\')),
  otherwise(call('not', has('body', '"')), 'body'),
  and(call('not', has('body', '\\\\')), isSimple),
  call('replace', 'simply', text(quoteMark), text('"')),
  call('not', isOutOfShape),
  unescaped,
)

/** Columns of what `parsed` gives. */
export const parsedSchema =
  '`partition` int, `offset` bigint, agent_id string, destination_uri string, event_time timestamp, chunk string, ' +
  'response_id string, seq bigint, is_plain boolean, line binary'

/** Records of Kafka's source → rows, or lines that are hard. */
export const parsed = (records: Relation): Relation => {
  const lines = project(records, ['partition', 'offset', 'value', as(cast('value', 'string'), 'text')])
  const replaced = otherwise(mayBeInShape, call('regexp_replace', 'text', text(shape), text(inOrder)))
  const all = project(lines, ['partition', 'offset', 'value', as(call('split', replaced, text(border)), 'all')])
  const inShape = otherwise(call('==', call('size', 'all'), lit.int(inOrder.split(border).length)), 'all')
  const cut = project(all, ['partition', 'offset', 'value', as(inShape, 'parts')])
  const read = project(cut, [
    ...['partition', 'offset', 'value'],
    as(partOf('agent_id'), 'agent_id'),
    as(partOf('destination_uri'), 'destination_uri'),
    as(tryCast(partOf('event_time'), 'timestamp'), 'event_time'),
    as(orNull(partOf('response_id')), 'response_id'),
    as(tryCast(orNull(partOf('seq')), 'bigint'), 'seq'),
    as(partOf('body'), 'body'),
  ])
  const rows = withColumns(withColumns(read, { simply }), { chunk })
  const isPlain = and(call('isnotnull', 'chunk'), call('isnotnull', 'event_time'))
  return project(rows, [
    ...['partition', 'offset', 'agent_id', 'destination_uri', 'event_time', 'chunk', 'response_id', 'seq'],
    as(isPlain, 'is_plain'),
    as(otherwise(call('not', isPlain), column('value')), 'line'),
  ])
}
