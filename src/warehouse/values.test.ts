import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { runQuery } from './query.ts'

let dir: string

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'textstream-values-'))
  await mkdir(join(dir, 'chunks_clustered'))
})

after(() => rm(dir, { recursive: true }))

const valuesOf = async (sql: string, params = {}): Promise<unknown[]> => {
  await using result = await runQuery(dir, `SELECT ${sql}`, { params })
  const all: unknown[] = []
  for await (const rows of result.rows) for (const row of rows) all.push(...row)
  return all
}

const max64 = 2n ** 63n - 1n
const max128 = 2n ** 127n - 1n

const cases: readonly (readonly [sql: string, value: unknown])[] = [
  ['NULL', null],
  ['true', true],
  ["'text'", 'text'],
  ["''", ''],
  ['chr(65279)', '\ufeff'],
  ["chr(65279) || 'behind a mark, and longer than twelve bytes'", '\ufeffbehind a mark, and longer than twelve bytes'],
  ["'a' || chr(0) || 'b'", 'a\0b'],
  ["repeat('é😀', 10)", 'é😀'.repeat(10)],
  ['1::TINYINT', 1],
  ['-1::BIGINT', -1],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['9007199254740992', 2n ** 53n],
  ['9223372036854775807', max64],
  ['-9223372036854775808', -max64 - 1n],
  ['18446744073709551615::UBIGINT', 2n ** 64n - 1n],
  [`${max128}::HUGEINT`, max128],
  ['sum(1)', 1],
  [`${2n ** 128n - 1n}::UHUGEINT`, 2n ** 128n - 1n],
  ['1.50', 1.5],
  ['-0.05::DECIMAL(4,2)', -0.05],
  ['12345678901234567890.123456::DECIMAL(38,6)', '12345678901234567890.123456'],
  ['0.1::FLOAT', 0.1],
  ['16777217::FLOAT', 16777216],
  ['3.4028235e38::FLOAT', 3.4028235e38],
  ['0.1::DOUBLE + 0.2::DOUBLE', 0.1 + 0.2],
  ["'nan'::DOUBLE", Number.NaN],
  ["'-infinity'::DOUBLE", Number.NEGATIVE_INFINITY],
  ["TIMESTAMP '2024-05-01 12:00:00.123456'", '2024-05-01T12:00:00.123456'],
  ["TIMESTAMP '1969-12-31 23:59:59.999999'", '1969-12-31T23:59:59.999999'],
  ["TIMESTAMPTZ '2024-05-01 12:00:00.1+02'", '2024-05-01T10:00:00.100000Z'],
  ["TIMESTAMP_S '2024-05-01 12:00:00'", '2024-05-01T12:00:00.000000'],
  ["TIMESTAMP_MS '2024-05-01 12:00:00.123'", '2024-05-01T12:00:00.123000'],
  ["TIMESTAMP_NS '2024-05-01 12:00:00.123456789'", '2024-05-01T12:00:00.123456789'],
  ["TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", '1969-12-31T23:59:59.999999999'],
  ["'infinity'::TIMESTAMP", 'infinity'],
  ["DATE '2024-05-01'", '2024-05-01'],
  ["TIME '12:00:00.000001'", '12:00:00.000001'],
  ["INTERVAL '1 year 2 days 3.5 seconds'", '1 year 2 days 00:00:03.5'],
  ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ["'\\x00\\xFFa'::BLOB", Uint8Array.of(0, 255, 97)],
  ["'0101'::BIT", '0101'],
  ["'b'::ENUM('a', 'b')", 'b'],
  ['[1, NULL, 9007199254740993]', [1, null, 2n ** 53n + 1n]],
  ['[]::INT[]', []],
  ['NULL::INT[]', null],
  ['[[chr(65279)], NULL, []]', [['\ufeff'], null, []]],
  ["['a', 'b']::VARCHAR[2]", ['a', 'b']],
  ["{'a': chr(65279), 'b': [1], 'c': NULL}", { a: '\ufeff', b: [1], c: null }],
  ["row('a', 2)", ['a', 2]],
  ["MAP {'b': '1', 'a': chr(65279)}", { b: '1', a: '\ufeff' }],
  [
    'MAP {2: [1], 1: NULL}',
    [
      { key: 2, value: [1] },
      { key: 1, value: null },
    ],
  ],
  ['union_value(t := chr(65279))', '\ufeff'],
  ['\'{"a": 1}\'::JSON', '{"a": 1}'],
  ["{'list': [{'deep': 12345678901234567890.5}]}", { list: [{ deep: '12345678901234567890.5' }] }],
]

describe('a value is exact', () => {
  for (const [sql, value] of cases) test(sql, async () => assert.deepEqual(await valuesOf(sql), [value]))

  test('a member is called what it is called', async () => {
    const [value] = await valuesOf(`{'__proto__': 1, 'constructor': 2}`)
    assert.equal(JSON.stringify(value), '{"__proto__":1,"constructor":2}')
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
  })

  test('any text, at any place of a column', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async texts => {
        const params = Object.fromEntries(texts.map((text, i) => [`p${i}`, text]))
        const sql = `unnest([${texts.map((_, i) => `$p${i}::VARCHAR`).join(', ')}])`
        assert.deepEqual(await valuesOf(sql, params), texts)
      }),
      { numRuns: 20 },
    )
  })

  test('all types that DuckDB has can be read', async () => {
    await using result = await runQuery(dir, 'FROM test_all_types()')
    const all: unknown[] = []
    for await (const rows of result.rows) all.push(...rows)
    assert.equal(all.length, 3)
  })
})
