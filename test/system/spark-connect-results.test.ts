import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, quick, sharedSession, sparkSkip as skip, sparkAddress } from '../spark.ts'

const { arrayOf, collect, describe, explain, lit, localRows, openSpark, project, range, run, sql, treeOf } = client

const spark = await sharedSession()

/** As Spark's SQL has it, the type that the client tells, the value. */
const values = [
  ['1Y', 'tinyint', 1],
  ['-2S', 'smallint', -2],
  ['2147483647', 'int', 2_147_483_647],
  ['9223372036854775807L', 'bigint', 9_223_372_036_854_775_807n],
  ['1.5f', 'float', 1.5],
  ["double('-0.1')", 'double', -0.1],
  ["cast('12.30' as decimal(10,2))", { kind: 'decimal', precision: 10, scale: 2 }, '12.30'],
  ["cast('-0.05' as decimal(38,18))", { kind: 'decimal', precision: 38, scale: 18 }, '-0.050000000000000000'],
  [
    "cast('-99999999999999999999999999999999999999' as decimal(38,0))",
    { kind: 'decimal', precision: 38, scale: 0 },
    '-99999999999999999999999999999999999999',
  ],
  ["''", 'string', ''],
  ["'\\ufeff\"é😀\\u0000'", 'string', '\ufeff"é😀\u0000'],
  ["x'00ff'", 'binary', new Uint8Array([0, 255])],
  ["date'1969-12-31'", 'date', -1],
  ["timestamp'2020-02-29 12:34:56.123456Z'", 'timestamp', 1_582_979_696_123_456n],
  ["timestamp'0001-01-01 00:00:00.000001Z'", 'timestamp', -62_135_596_799_999_999n],
  ["timestamp'9999-12-31 23:59:59.999999Z'", 'timestamp', 253_402_300_799_999_999n],
  ["timestamp_ntz'1969-12-31 23:59:59.999999'", 'timestamp_ntz', -1n],
  ['true', 'boolean', true],
  ['null', 'void', null],
  ['cast(null as string)', 'string', null],
  ['array(1, null, 3)', { kind: 'array', of: 'int', nulls: true }, [1, null, 3]],
  [
    'array(array(1L), array())',
    { kind: 'array', of: { kind: 'array', of: 'bigint', nulls: false }, nulls: false },
    [[1n], []],
  ],
  ["map('k', 1L)", { kind: 'map', key: 'string', value: 'bigint', nulls: false }, new Map([['k', 1n]])],
  [
    "named_struct('__proto__', 1, 'y', 'z')",
    {
      kind: 'struct',
      fields: [
        { name: '__proto__', type: 'int', nullable: false },
        { name: 'y', type: 'string', nullable: false },
      ],
    },
    Object.fromEntries([
      ['__proto__', 1],
      ['y', 'z'],
    ]),
  ],
  ['interval 14 months', 'interval year to month', 14],
  ["interval '-1 02:03:04.000005' day to second", 'interval day to second', -93_784_000_005n],
  ['make_interval(1, 2, 0, 3, 4, 5, 6.5)', 'interval', { months: 14, days: 3, nanoseconds: 14_706_500_000_000n }],
] as const

test('each type of Spark comes as it is said to, to the last digit and microsecond', { skip }, async () => {
  const relation = sql(`select ${values.map(([text], at) => `${text} as c${at}`).join(', ')}`)
  const fields = await describe(spark, relation)
  assert.deepEqual(
    fields.map(({ type }) => type),
    values.map(([, type]) => type),
  )
  const [row] = await collect(spark, relation)
  assert.deepEqual(
    Object.values(row),
    values.map(([, , value]) => value),
  )
})

test('the same in a column with nulls, also in what a null hides', { skip }, async () => {
  const at = (text: string) => `if(id % 3 = 1, null, ${text})`
  const relation = sql(`select ${values.map(([text], i) => `${at(text)} as c${i}`).join(', ')} from range(0, 20, 1, 1)`)
  const rows = await collect(spark, relation)
  const expected = values.map(([, , value]) => value)
  rows.forEach((row, id) => {
    assert.deepEqual(Object.values(row), id % 3 === 1 ? expected.map(() => null) : expected)
  })
})

test('numbers, dates and times of a column can be had at once, others cannot', { skip }, async () => {
  const relation = sql(
    'select id, cast(id as int) n, timestamp_micros(id) t, cast(id as string) s, id % 2 = 0 b from range(0, 5, 1, 1)',
  )
  const [batch] = await Array.fromAsync(run(spark, relation))
  assert.deepEqual(
    batch.columns.map(({ numbers }) => numbers),
    [
      new BigInt64Array([0n, 1n, 2n, 3n, 4n]),
      new Int32Array([0, 1, 2, 3, 4]),
      new BigInt64Array([0n, 1n, 2n, 3n, 4n]),
      undefined,
      undefined,
    ],
  )
})

test('a result without rows is one batch, with its columns', { skip }, async () => {
  const batches = await Array.fromAsync(run(spark, sql("select 1L as id, 'a' as text where false")))
  assert.deepEqual(
    batches.map(({ rows, columns }) => [rows, columns.map(({ name }) => name)]),
    [[0, ['id', 'text']]],
  )
})

test('a result with two columns of one name is read by position, and not by name', { skip }, async () => {
  const twins = sql('select 1 as a, 2 as a')
  const [{ columns }] = await Array.fromAsync(run(spark, twins))
  assert.deepEqual(
    columns.map(({ get }) => get(0)),
    [1, 2],
  )
  await assert.rejects(collect(spark, twins), { code: 'spark/usage', message: /two columns .* "a"/ })
})

test('no more rows are collected than were asked for', { skip }, async () => {
  await assert.rejects(collect(spark, range(0n, 11n), { rowsMax: 10 }), { code: 'spark/too-large' })
  assert.equal((await collect(spark, range(0n, 10n), { rowsMax: 10 })).length, 10)
})

test('a batch that is too large is refused, with the setting to change', { skip }, async () => {
  await using small = await openSpark(sparkAddress, { batchBytesMax: 100_000 })
  const wide = sql("select repeat('x', 1000) as x from range(0, 1000, 1, 1)")
  await assert.rejects(collect(small, wide), { code: 'spark/too-large', message: /maxRecordsPerBatch/ })
  await small.configure({ 'spark.sql.execution.arrow.maxRecordsPerBatch': '50' })
  assert.equal((await collect(small, wide)).length, 1_000)
})

test('results that Spark packs with zstd are unpacked; how to be rid of lz4 is told', { skip }, async () => {
  const setting = 'spark.sql.execution.arrow.compression.codec'
  const relation = sql("select id, repeat('x', 1000) as x, array(id) as a from range(0, 100, 1, 1)")
  await using packed = await openSpark(sparkAddress, { settings: { ...quick, [setting]: 'zstd' } })
  assert.deepEqual(await collect(packed, relation), await collect(spark, relation))
  await packed.configure({ [setting]: 'lz4' })
  await assert.rejects(collect(packed, relation), { code: 'spark/failed', message: /codec to zstd or none/ })
})

test('a value larger than a piece comes in pieces', { skip }, async () => {
  const [{ x }] = await collect(spark, sql("select repeat('x', 9000000) as x"))
  assert.equal((x as string).length, 9_000_000)
})

test('a million rows do not gather here', { skip, timeout: 120_000 }, async () => {
  const relation = sql(
    "select id, timestamp_micros(id) t, concat('document ', id, repeat('x', 80)) s from range(0, 1000000, 1, 4)",
  )
  let [rows, most, sum] = [0, 0, 0n]
  const used = () => process.memoryUsage().rss / 1024 ** 2
  const before = used()
  for await (const batch of run(spark, relation)) {
    for (const id of batch.columns[0].numbers as BigInt64Array) sum += id
    rows += batch.rows
    most = Math.max(most, used() - before)
  }
  assert.deepEqual([rows, sum], [1_000_000, 499_999_500_000n])
  assert.ok(most < 200, `${Math.round(most)} MiB more, for 115 MB of results`)
})

/** A type, values as they are given, and as they come back. */
const locals = [
  ['boolean', [true, null, false]],
  ['tinyint', [-128, null, 127]],
  ['smallint', [1, null, -32_768]],
  ['int', [1, null, -2_147_483_648]],
  ['bigint', [1n, null, -9_223_372_036_854_775_808n]],
  ['float', [1.5, null, Number.NaN]],
  ['double', [0.1, null, Number.NEGATIVE_INFINITY]],
  ['string', ['é"😀', null, '']],
  ['binary', [new Uint8Array([0, 255]), null, new Uint8Array()]],
  ['date', [0, null, -1]],
  ['timestamp', [1_582_979_696_123_456n, null, -1n]],
  ['timestamp_ntz', [1_582_979_696_123_456n, null, -1n]],
  [{ kind: 'array', of: 'double', nulls: true }, [[1, null, 2.5], null, []]],
  [{ kind: 'array', of: { kind: 'array', of: 'string', nulls: true }, nulls: true }, [[['a'], []], null, [null]]],
] as const

const localColumns = (times: number) =>
  locals.map(([type, of], at) => ({
    name: `a \`col\`.umn ${at}`,
    type,
    values: Array.from({ length: times }, () => of).flat(),
  })) as Parameters<typeof localRows>[1]

test('rows of our own come back as they were', { skip }, async () => {
  const local = await localRows(spark, localColumns(1))
  assert.deepEqual(
    await collect(spark, local),
    [0, 1, 2].map(row => Object.fromEntries(locals.map(([, of], at) => [`a \`col\`.umn ${at}`, of[row]]))),
  )
  assert.deepEqual(
    (await describe(spark, local)).map(({ type }) => type),
    locals.map(([type]) => type),
  )
})

test('many rows of our own are sent in blocks, once, and come back as they were, in order', { skip }, async () => {
  await using small = await openSpark(sparkAddress, { settings: quick, inlineBytesMax: 100, blockBytesMax: 3_000 })
  const local = await localRows(small, localColumns(100))
  assert.deepEqual(
    (await collect(small, local)).map(row => Object.values(row)[7]),
    Array.from({ length: 100 }, () => locals[7][1]).flat(),
  )
  assert.deepEqual(await localRows(small, localColumns(100)), local)
})

test('no rows of our own are a relation, too', { skip }, async () => {
  const local = await localRows(spark, [{ name: 'id', type: 'bigint', values: [] }])
  assert.deepEqual(await collect(spark, local), [])
})

test('rows of our own are read out of typed arrays without a detour', { skip }, async () => {
  const values = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i))
  const [{ columns }] = await Array.fromAsync(
    run(spark, await localRows(spark, [{ name: 'id', type: 'bigint', values }])),
  )
  assert.deepEqual(columns[0].numbers, values)
})

const unfit = [
  ['int', [1.5], /1\.5 is no int/],
  ['tinyint', [128], /128 is no tinyint/],
  ['int', ['1'], /1 is no int/],
  ['bigint', [1], /1 is no bigint/],
  ['bigint', [2n ** 63n], /is no bigint/],
  ['string', [1], /1 is no string/],
  ['binary', ['a'], /a is no binary/],
  [arrayOf?.('int'), [1], /1 is no array<int>/],
  ['variant', [null], /variant cannot be sent/],
] as const

for (const [type, given, message] of unfit)
  test(`rows of our own that do not fit are refused: ${message.source}`, { skip }, async () => {
    const columns = [{ name: 'c', type, values: given }] as Parameters<typeof localRows>[1]
    await assert.rejects(localRows(spark, columns), { code: 'spark/usage', message })
  })

test('columns of our own have one length', { skip }, async () => {
  const columns = [
    { name: 'a', type: 'int', values: [1] },
    { name: 'b', type: 'int', values: [] },
  ] as const
  await assert.rejects(localRows(spark, columns), { code: 'spark/usage', message: /"a" has 1, and "b" 0/ })
})

test('a relation tells its columns and its plan before it is computed', { skip }, async () => {
  const relation = project(range(0n, 3n), ['id', lit.string('x')])
  assert.deepEqual(await describe(spark, relation), [
    { name: 'id', type: 'bigint', nullable: false },
    { name: 'x', type: 'string', nullable: false },
  ])
  assert.match(await treeOf(spark, relation), /root\n \|-- id: long \(nullable = false\)/)
  for (const mode of ['simple', 'extended', 'codegen', 'cost', 'formatted'] as const)
    assert.match(await explain(spark, relation, mode), /Range|Project|Codegen/)
  await assert.rejects(describe(spark, project(range(0n, 3n), ['nowhere'])), { code: 'spark/sql' })
})
