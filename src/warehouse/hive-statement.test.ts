import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hiveError } from './hive-error.ts'
import { inspectHive } from './hive-statement.ts'

const reads = [
  'select 1',
  "SELECT 'insert into x', \"drop; table\", `create` from t -- delete it; all\n where a = 'it\\'s'",
  'with q as (select 1 x) select * from q',
  'from t select a',
  '(select 1) union all (select 2)',
  'show create table t',
  'show tables in logs',
  'describe formatted t',
  'desc t',
  'explain select 1',
  "select * from a join b using (x) where c rlike '\\\\d'",
  'select map("a", 1), `transform` from t',
  '  \n-- first\nselect 1',
]

test('statements that read are handed on as they are, but for a semicolon at the end', () => {
  for (const sql of reads) {
    assert.equal(inspectHive(sql), sql)
    assert.equal(inspectHive(`${sql};`), sql)
    assert.equal(inspectHive(`${sql}\n; -- the end\n`).trimEnd(), sql)
  }
})

const refused: readonly (readonly [sql: string, place: string, why: RegExp])[] = [
  ['drop table t', '1, column 1', /only statements that read/],
  ['insert into t values (1)', '1, column 1', /only statements that read/],
  ['set hive.exec.x=1', '1, column 1', /only statements that read/],
  ['add jar /tmp/x.jar', '1, column 1', /only statements that read/],
  ['!ls', '1, column 1', /only statements that read/],
  ['from t insert overwrite table u select *', '1, column 8', /"insert" changes something/],
  ["insert overwrite directory '/x' select 1", '1, column 1', /only statements/],
  ['with q as (select 1 x) INSERT into t select * from q', '1, column 24', /"insert" changes something/],
  ['explain create table t (a int)', '1, column 9', /"create" changes something/],
  ['select 1; select 2', '1, column 9', /one statement at a time/],
  ['select 1;;', '1, column 9', /one statement at a time/],
  ["select\n  reflect('java.lang.System', 'exit', 1)", '2, column 3', /function "reflect" is not allowed/],
  ['select java_method ("x")', '1, column 8', /function "java_method" is not allowed/],
  ["select in_file('a', '/etc/passwd')", '1, column 8', /function "in_file"/],
  ["select transform(a) using '/bin/sh' from t", '1, column 8', /function "transform"/],
  ["from t map a using 'sh'", '1, column 14', /programs are not allowed/],
  ['select 1 /* drop */', '1, column 10', /write it behind --/],
]

test('statements that would do anything else are refused, at their place', () => {
  for (const [sql, place, why] of refused)
    assert.throws(
      () => inspectHive(sql),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'warehouse/refused', sql)
        assert.ok(error.message.startsWith(`line ${place}: `), error.message)
        assert.match(error.message, why)
        return true
      },
    )
})

test('what is no statement is an error of code "warehouse/sql"', () => {
  for (const sql of [
    '',
    ' ;',
    '-- nothing',
    "select 'a",
    'select `a',
    'select "a\\"',
    `select '${'x'.repeat(2 ** 20)}'`,
  ])
    assert.throws(() => inspectHive(sql), { code: 'warehouse/sql' }, sql.slice(0, 20))
})

const said = [
  [
    "Error while compiling statement: FAILED: ParseException line 2:9 cannot recognize input near 'x' Server-side error; please check HS2 logs.",
    "line 2, column 10: cannot recognize input near 'x'\n\n  where ä= x\n           ^\n",
  ],
  [
    "Error while compiling statement: FAILED: SemanticException [Error 10001]: Line 1:14 Table not found 'nothing'",
    "line 1, column 15: table not found 'nothing'\n\n  select * from nothing\n                ^\n",
  ],
  [
    'Error while processing statement: FAILED: Execution Error, return code 2',
    'execution Error, return code 2; why stands in the log of HiveServer2 (textstream stack logs hive)',
  ],
  ['', 'Hive failed, and does not say why'],
] as const

test('what Hive says is told in its own words, with the place that it names', () => {
  const sql = 'select * from nothing\nwhere ä= x'
  for (const [message, told] of said) {
    const { code, message: found } = hiveError(sql, { message }, false)
    assert.deepEqual([code, found], ['warehouse/sql', told])
  }
  assert.equal(hiveError(sql, new Error('gone'), true).code, 'warehouse/interrupted')
})
