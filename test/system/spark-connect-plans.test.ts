import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, sharedSession, sparkSkip as skip } from '../spark.ts'

const {
  aggregate,
  aliased,
  as,
  ascending,
  call,
  callDistinct,
  cast,
  coalesce,
  collect,
  column,
  crossJoin,
  descending,
  distinct,
  drop,
  execute,
  filter,
  join,
  limit,
  lit,
  localRows,
  project,
  range,
  repartition,
  repartitionBy,
  sort,
  sortWithin,
  sql,
  sqlExpression,
  star,
  table,
  temporaryView,
  tryCast,
  union,
  unionByName,
  withColumns,
} = client

type Relation = ReturnType<typeof sql>

const spark = await sharedSession()

const agents = [
  ['Ada', 1, 'a'],
  ['Bo', 2, 'b'],
  ['Cy', 2, null],
] as const

/** name string, n int, tag string */
const some = (): Promise<Relation> =>
  localRows(spark, [
    { name: 'name', type: 'string', values: agents.map(([name]) => name) },
    { name: 'n', type: 'int', values: agents.map(([, n]) => n) },
    { name: 'tag', type: 'string', values: agents.map(([, , tag]) => tag) },
  ])

const names = async (relation: Relation) => (await collect(spark, relation)).map(({ name }) => name)
const rowsOf = async (relation: Relation) => (await collect(spark, relation)).map(row => Object.values(row))

const cases: Readonly<Record<string, readonly [(input: Relation) => Relation, readonly (readonly unknown[])[]]>> = {
  'project names, functions and literals': [
    input => project(input, ['name', as(call('+', 'n', lit.int(1)), 'more'), as(lit.bigint(7n), 'seven')]),
    [
      ['Ada', 2, 7n],
      ['Bo', 3, 7n],
      ['Cy', 3, 7n],
    ],
  ],
  'project all columns': [input => project(input, [star()]), agents],
  'project the members of a struct': [
    input => project(project(input, [as(call('struct', 'name', 'n'), 's')]), [star('s')]),
    agents.map(([name, n]) => [name, n]),
  ],
  'project a member of a struct': [
    input => limit(project(project(input, [as(call('struct', 'name'), 'a.b')]), [column('a.b', 'name')]), 1),
    [['Ada']],
  ],
  'project an expression in SQL': [
    input => project(input, [sqlExpression('upper(name) as name')]),
    [['ADA'], ['BO'], ['CY']],
  ],
  'filter by a condition': [input => filter(input, call('==', 'n', lit.int(2))), [agents[1], agents[2]]],
  'filter by null': [input => filter(input, call('isnull', 'tag')), [agents[2]]],
  'filter by a text that would end a statement': [
    input => filter(input, call('==', 'name', lit.string("' or 1=1 --"))),
    [],
  ],
  'add and replace columns': [
    input => withColumns(input, { n: call('negative', 'n'), 'a `dot`.ted name': lit.boolean(true) }),
    [
      ['Ada', -1, 'a', true],
      ['Bo', -2, 'b', true],
      ['Cy', -2, null, true],
    ],
  ],
  'drop columns, also those that are not there': [
    input => drop(input, 'n', 'tag', 'nowhere'),
    [['Ada'], ['Bo'], ['Cy']],
  ],
  'sort, nulls first': [input => project(sort(input, ascending('tag')), ['tag']), [[null], ['a'], ['b']]],
  'sort downwards, nulls last, by two terms': [
    input => project(sort(input, descending('n'), descending('tag')), ['name']),
    [['Bo'], ['Cy'], ['Ada']],
  ],
  'sort within each partition': [
    input => project(sortWithin(coalesce(input, 1), descending('name')), ['name']),
    [['Cy'], ['Bo'], ['Ada']],
  ],
  'count all rows, and distinct values': [
    input => aggregate(input, { of: [call('count', star()), callDistinct('count', 'n')] }),
    [[3n, 2n]],
  ],
  'count by groups': [
    input =>
      sort(aggregate(input, { by: ['n'], of: [call('count', 'tag'), callDistinct('count', 'name')] }), ascending('n')),
    [
      [1, 1n, 1n],
      [2, 1n, 2n],
    ],
  ],
  'union by position': [
    input => sort(union(project(input, ['n']), project(input, ['n'])), ascending('n')),
    [[1], [1], [2], [2], [2], [2]],
  ],
  'union by name': [
    input => sort(unionByName(project(input, ['name', 'n']), project(limit(input, 1), ['tag'])), ascending('name')),
    [[null, null, 'a'], ...agents.map(([name, n]) => [name, n, null])],
  ],
  'distinct rows': [input => sort(distinct(project(input, ['n'])), ascending('n')), [[1], [2]]],
  'distinct by a column': [input => project(sort(distinct(input, 'n'), ascending('n')), ['n']), [[1], [2]]],
  'repartition and coalesce': [
    input => project(distinct(project(repartition(input, 3), [as(call('count', star()), 'n')])), ['n']),
    [[3n]],
  ],
  'cast, and cast what does not fit to null': [
    input => project(limit(input, 1), [cast('n', 'string'), tryCast('name', 'bigint')]),
    [['1', null]],
  ],
}

for (const [name, [plan, expected]] of Object.entries(cases))
  test(name, { skip }, async () => assert.deepEqual(await rowsOf(plan(await some())), expected))

const joins = {
  inner: ['Bo', 'Cy'],
  left: ['Ada', 'Bo', 'Cy'],
  right: ['Bo', 'Cy', null],
  full: ['Ada', 'Bo', 'Cy', null],
  semi: ['Bo', 'Cy'],
  anti: ['Ada'],
} as const

for (const [kind, expected] of Object.entries(joins))
  test(`join: ${kind}`, { skip }, async () => {
    const numbers = project(range(2n, 4n), [as(cast('id', 'int'), 'm')])
    const joined = join(await some(), numbers, kind as keyof typeof joins, { on: call('==', 'n', 'm') })
    assert.deepEqual((await names(joined)).sort(), [...expected].sort())
  })

test('join a relation with itself, by aliases, and by columns that both have', { skip }, async () => {
  const [left, right] = [aliased(await some(), 'l'), aliased(await some(), 'r')]
  const on = call(
    'and',
    call('==', column('l', 'n'), column('r', 'n')),
    call('<', column('l', 'name'), column('r', 'name')),
  )
  const pairs = project(join(left, right, 'inner', { on }), [
    as(column('l', 'name'), 'a'),
    as(column('r', 'name'), 'b'),
  ])
  assert.deepEqual(await rowsOf(pairs), [['Bo', 'Cy']])
  const same = join(await some(), drop(await some(), 'tag'), 'inner', { using: ['name', 'n'] })
  assert.deepEqual((await rowsOf(same)).length, 3)
})

test('join each row with each', { skip }, async () => {
  assert.equal((await rowsOf(crossJoin(await some(), range(0n, 3n)))).length, 9)
})

test('a range has steps and partitions', { skip }, async () => {
  assert.deepEqual(await rowsOf(range(-4n, 5n, { step: 4n, partitions: 2 })), [[-4n], [0n], [4n]])
  const parts = distinct(project(range(0n, 9n, { partitions: 3 }), [as(call('spark_partition_id'), 'p')]))
  assert.equal((await rowsOf(parts)).length, 3)
})

test('rows are spread by their values', { skip }, async () => {
  const spread = repartitionBy(range(0n, 100n), [call('%', 'id', lit.bigint(2n))], 5)
  const parts = project(spread, [as(call('spark_partition_id'), 'p'), as(call('%', 'id', lit.bigint(2n)), 'odd')])
  assert.equal((await rowsOf(distinct(parts))).length, 2)
  assert.equal(
    (await rowsOf(distinct(project(repartition(range(0n, 100n), 4), [as(call('spark_partition_id'), 'p')])))).length,
    4,
  )
})

test('a statement takes parameters by name and by place; none of them is ever read as SQL', { skip }, async () => {
  const nasty = `'); drop table x; -- "\`\n😀`
  const byName = sql('select :text as text, :at as at, :id + 1 as id', {
    text: lit.string(nasty),
    at: lit.timestamp(-1n),
    id: lit.bigint(9_007_199_254_740_993n),
  })
  assert.deepEqual(await rowsOf(byName), [[nasty, -1n, 9_007_199_254_740_994n]])
  assert.deepEqual(await rowsOf(sql('select ? as a, ? as b', [lit.string(nasty), lit.binary(Buffer.of(0, 255))])), [
    [nasty, new Uint8Array([0, 255])],
  ])
  await execute(spark, temporaryView(await some(), 'a `view` of.mine'))
  const named = sql('select name from IDENTIFIER(:view) where n = :n', {
    view: lit.string('`a ``view`` of.mine`'),
    n: lit.int(1),
  })
  assert.deepEqual(await rowsOf(named), [['Ada']])
  assert.deepEqual(await names(table('a `view` of.mine')), ['Ada', 'Bo', 'Cy'])
})

const literals = () =>
  ({
    boolean: [lit.boolean(true), true],
    tinyint: [lit.tinyint(-128), -128],
    smallint: [lit.smallint(32_767), 32_767],
    int: [lit.int(-2_147_483_648), -2_147_483_648],
    bigint: [lit.bigint(2n ** 63n - 1n), 2n ** 63n - 1n],
    float: [lit.float(1.5), 1.5],
    double: [lit.double(0.1), 0.1],
    'decimal(10,2)': [lit.decimal('-12.30', 10, 2), '-12.30'],
    string: [lit.string('é"😀'), 'é"😀'],
    binary: [lit.binary(Buffer.of(1, 0)), new Uint8Array([1, 0])],
    date: [lit.date(18_321), 18_321],
    timestamp: [lit.timestamp(1_582_979_696_123_456n), 1_582_979_696_123_456n],
    timestamp_ntz: [lit.timestampNtz(-1n), -1n],
    'array<bigint>': [lit.array('bigint', [lit.bigint(1n), lit.null('bigint')]), [1n, null]],
    void: [lit.null('void'), null],
  }) as const

test('a literal has its type and its value, whatever that is', { skip }, async () => {
  for (const [type, [literal, value]] of Object.entries(literals())) {
    const relation = project(range(0n, 1n), [as(literal, 'v'), as(call('typeof', literal), 't')])
    assert.deepEqual(await rowsOf(relation), [[value, type]])
  }
})

test('a literal that its type cannot hold is refused here', { skip }, () => {
  const bad = [
    () => lit.int(2 ** 31),
    () => lit.int(0.5),
    () => lit.tinyint(128),
    () => lit.bigint(2n ** 63n),
    () => lit.decimal('1e3', 10, 2),
  ]
  for (const make of bad) assert.throws(make, { code: 'spark/usage' })
})
