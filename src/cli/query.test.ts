import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { duckdbWarehouse } from '../warehouse/duckdb.ts'
import { Rows } from '../warehouse/rows.ts'

const main = join(import.meta.dirname, 'main.ts')

let dir: string
let warehouse: string

const commitText = async (texts: readonly string[]) => {
  const rows = new Rows()
  rows.voices.push({ agent_id: 'Agent_Ada', destination_uri: '/a.md', response_id: 'r' })
  rows.partitions.push('log')
  for (const [at, chunk] of texts.entries()) {
    const bytes = Buffer.from(chunk)
    rows.begin(bytes.length)
    rows.offset[at] = at
    rows.micros[at] = 1_764_000_000_000_000 + at
    rows.seq[at] = at
    rows.cluster[at] = at % 2
    rows.model[at] = 1
    rows.waitsFor[at] = -1
    rows.end(rows.textBytes + bytes.copy(rows.text, rows.textBytes))
  }
  const facts = (model: number, cluster: number, change: string, label: string, parents: number[] = []) => ({
    ...{
      model,
      cluster,
      change,
      label,
      parents,
      terms: ['ship', '\x1b[1m'],
      size: 5,
      share: 0.5,
      windows: 256 * model,
    },
    nearest: [{ destination_uri: '/a.md', response_id: 'r', seq: 0, excerpt: 'the sea\n was\x1b[2J wide' }],
  })
  const clusters = [
    facts(1, 0, 'born', 'sea, ship'),
    facts(1, 1, 'born', 'tea'),
    facts(2, 0, 'kept', 'sea, ship', [0]),
    facts(2, 1, 'died', 'tea', [0]),
  ]
  await using writer = await duckdbWarehouse(warehouse).writer()
  await writer.commit({ position: { log: texts.length }, rows, clusters })
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'textstream-query-cli-'))
  warehouse = join(dir, 'warehouse')
  await commitText(['a,"b"\r\nc', '', '\x1b[31mred|*x*<b>', '漢字', 'x'.repeat(200)])
})

after(() => rm(dir, { recursive: true }))

const start = (command: string, argv: readonly string[], more: NodeJS.ProcessEnv = {}) => {
  const given = ['--disable-warning=ExperimentalWarning', main, command, '--warehouse', warehouse, ...argv]
  return spawn(process.execPath, given, { cwd: dir, env: { ...process.env, ...more } })
}

const outcomeOf = async (child: ReturnType<typeof start>) => {
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { out, err, exit: code ?? signal }
}

const query = (...argv: string[]) => outcomeOf(start('query', argv))

describe('query prints', () => {
  const sql = `SELECT seq, chunk, NULL AS none FROM chunks_clustered ORDER BY seq`

  test('a table for people', async () => {
    const { out, err, exit } = await query(sql)
    assert.deepEqual(out.split('\n'), [
      'seq  chunk                                                         none',
      `───  ${'─'.repeat(60)}  ────`,
      `  0  a,"b"␍⏎c                                                      null`,
      `  1                                                                null`,
      `  2  ␛[31mred|*x*<b>                                               null`,
      `  3  漢字                                                          null`,
      `  4  ${'x'.repeat(59)}…  null`,
      '',
    ])
    assert.deepEqual([err, exit], ['5 rows\n', 0])
  })

  test('CSV, in which null and an empty text differ', async () => {
    const { out, err } = await query(sql, '--format', 'csv', '--limit', '2')
    assert.deepEqual([out, err], ['seq,chunk,none\r\n0,"a,""b""\r\nc",\r\n1,"",\r\n', ''])
  })

  test('JSON, all digits and all texts', async () => {
    const { out } = await query(
      `SELECT chunk, 9007199254740993 AS n, 'a' AS x, 'b' AS x, '\\x00'::BLOB AS b, 'nan'::DOUBLE AS f FROM chunks_clustered ORDER BY seq LIMIT 1`,
      '--json',
    )
    assert.equal(
      out,
      `[\n{"chunk":"a,\\"b\\"\\r\\nc","n":9007199254740993,"x":"a","x_1":"b","b":"AA==","f":"NaN"}\n]\n`,
    )
  })

  test('JSON that is whole without rows', async () => {
    assert.equal((await query('SELECT 1 WHERE false', '--format', 'json')).out, '[]\n')
  })

  test('NDJSON', async () => {
    const { out } = await query('SELECT seq FROM chunks_clustered ORDER BY 1', '--format', 'ndjson')
    assert.equal(out, [0, 1, 2, 3, 4].map(seq => `{"seq":${seq}}\n`).join(''))
  })

  test('Markdown, in which text is no markup', async () => {
    const { out } = await query(`${sql} LIMIT 3`, '--format', 'md')
    assert.equal(
      out,
      '| seq | chunk | none |\n| ---: | --- | ---: |\n| 0 | a,"b"<br>c |  |\n| 1 |  |  |\n| 2 | ␛\\[31mred\\|\\*x\\*\\<b\\> |  |\n',
    )
  })

  test('what there is to ask, where nothing is asked', async () => {
    const { out, exit } = await query()
    assert.match(out, /^chunks_clustered {2}\(5 rows\)\n {2}agent_id, destination_uri,/)
    assert.match(out, /\nresponses {2}\(view\)\n/)
    assert.equal(exit, 0)
    const tables = JSON.parse((await query('--json')).out) as { name: string; rows: number | null }[]
    assert.deepEqual(
      tables.slice(0, 2).map(({ name, rows }) => [name, rows]),
      [
        ['chunks_clustered', 5],
        ['openings', 0],
      ],
    )
  })
})

describe('query takes', () => {
  test('its statement from standard input', async () => {
    const child = start('query', ['-', '--format', 'csv'])
    child.stdin.end('SELECT 42 AS x -- the answer')
    assert.equal((await outcomeOf(child)).out, 'x\r\n42\r\n')
  })

  test('parameters', async () => {
    const { out } = await query('SELECT $a AS a, $b AS b', '--param', 'a=x=y', '--param', '$b=', '--json')
    assert.deepEqual(JSON.parse(out), [{ a: 'x=y', b: '' }])
  })

  test('a file to write to, and replaces none', async () => {
    const file = join(dir, 'out.csv')
    const { out, err, exit } = await query('SELECT 1 AS x', '--format', 'csv', '-o', file)
    assert.deepEqual([out, err, exit], ['', `1 row in "${file}"\n`, 0])
    assert.equal(await readFile(file, 'utf8'), 'x\r\n1\r\n')
    const again = await query('SELECT 2 AS x', '--format', 'csv', '-o', file)
    assert.equal(again.exit, 1)
    assert.match(again.err, /is there already/)
    assert.equal(await readFile(file, 'utf8'), 'x\r\n1\r\n')
  })

  test('a file for Parquet', async () => {
    const file = join(dir, 'out.parquet')
    assert.equal(
      (await query('SELECT * FROM chunks_clustered', '--format', 'parquet', '-o', file)).err,
      `5 rows in "${file}"\n`,
    )
    assert.equal((await readFile(file)).subarray(0, 4).toString(), 'PAR1')
  })
})

describe('query fails with', () => {
  const faults: readonly (readonly [argv: readonly string[], exit: number, message: RegExp])[] = [
    [['SELECT nope FROM chunks_clustered'], 1, /^textstream: line 1, column 8: .*nope/],
    [["FROM read_text('/etc/passwd')"], 1, /not allowed/],
    [['SELECT $a'], 2, /no value for "a"/],
    [['SELECT 1', '--param', 'a'], 2, /NAME=VALUE/],
    [['SELECT 1', '--format', 'parquet'], 2, /-o FILE/],
    [['SELECT 1', '--format', 'xml'], 2, /table, json/],
    [['SELECT 1', '--json', '--format', 'csv'], 2, /leave one away/],
    [['SELECT 1', '--warehouse', 'nowhere'], 1, /nowhere.*there is none/],
  ]
  for (const [argv, exit, message] of faults)
    test(`exit ${exit}: ${argv.join(' ')}`, async () => {
      const outcome = await query(...argv)
      assert.deepEqual([outcome.exit, outcome.out], [exit, ''])
      assert.match(outcome.err, message)
    })
})

describe('Ctrl-C', () => {
  const endless: readonly (readonly [name: string, sql: string])[] = [
    ['an endless statement', 'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t'],
    ['one that DuckDB cannot be interrupted in', "SELECT levenshtein(repeat('x', 100000), repeat('y', 100000))"],
  ]
  for (const [name, sql] of endless)
    test(`ends ${name} soon after Ctrl-C`, async () => {
      const spill = await mkdtemp(join(dir, 'spill-'))
      const child = start('query', [sql], { TMPDIR: spill })
      const ended = outcomeOf(child)
      await sleep(1500)
      const asked = performance.now()
      child.kill('SIGINT')
      const { out, exit } = await ended
      assert.ok(performance.now() - asked < 20_000)
      assert.ok(exit === 130 || exit === 'SIGINT', String(exit))
      assert.equal(out, '')
      assert.deepEqual(await readdir(spill), [])
    })
})

test('a reader that has seen enough is no failure', async () => {
  const child = start('query', ['SELECT range FROM range(10000000)', '--format', 'csv'])
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [exit] = await once(child, 'close')
  assert.equal(exit, 0)
})

describe('clusters shows', () => {
  const clusters = (...argv: string[]) => outcomeOf(start('clusters', argv))

  test('what they are, on 80 columns, harmlessly', async () => {
    const { out, exit } = await clusters()
    assert.deepEqual(out.split('\n'), [
      '1 cluster by model 2, fitted at 512 windows; 5 rows',
      '',
      '   0  sea, ship                                      ████████████░░░░░░░░   60 %',
      '      3 rows, 5 windows of the sample, kept with model 2, since model 1',
      '      ship ␛[1m',
      '      /a.md  the sea was␛[2J wide',
      '',
      'earlier:',
      '   1  tea: died with model 2, taken over by 0; 2 rows',
      '',
    ])
    assert.equal(exit, 0)
  })

  test('how they changed', async () => {
    const { out } = await clusters('--changes')
    assert.deepEqual(out.split('\n'), [
      'model 1, fitted at 256 windows',
      '   0  born                  50 %  sea, ship',
      '   1  born                  50 %  tea',
      '',
      'model 2, fitted at 512 windows',
      '   0  kept                  50 %  sea, ship',
      '   1  died to 0             50 %  tea',
      '',
    ])
  })

  test('both as JSON', async () => {
    const now = JSON.parse((await clusters('--json')).out) as { cluster: number; rows: number }[]
    assert.deepEqual(
      now.map(({ cluster, rows }) => [cluster, rows]),
      [
        [0, 3],
        [1, 2],
      ],
    )
    assert.equal((JSON.parse((await clusters('--json', '--changes')).out) as unknown[]).length, 4)
  })

  test('nothing where there is no model yet, and says so', async () => {
    const empty = join(dir, 'empty')
    {
      await using writer = await duckdbWarehouse(empty).writer()
      await writer.commit({ position: {}, rows: new Rows() })
    }
    const { out, err, exit } = await clusters('--warehouse', empty)
    assert.deepEqual([out, exit], ['', 0])
    assert.match(err, /^no clusters yet, of 0 rows/)
    assert.equal((await clusters('--warehouse', empty, '--json')).out, '[]\n')
  })
})

test('a file that the name is taken of meanwhile is left alone', async () => {
  const file = join(dir, 'taken.csv')
  const child = start('query', [
    'SELECT count(*) FROM range(100000000) t WHERE hash(range) > 0',
    '--format',
    'csv',
    '-o',
    file,
  ])
  const ended = outcomeOf(child)
  for (let i = 0; i < 200 && !(await readdir(dir)).some(name => name.startsWith('.taken')); i++) await sleep(10)
  await writeFile(file, 'mine')
  await ended
  assert.equal(await readFile(file, 'utf8'), 'mine')
})
