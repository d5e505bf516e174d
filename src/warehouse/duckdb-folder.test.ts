import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { tmpfs } from '../../test/crash.ts'
import { type DuckdbOptions, duckdbWarehouse } from './duckdb.ts'
import { answer, commitOf, commitTo, failsWith, keyOf, select, textsOf } from './given.ts'
import { Rows } from './rows.ts'
import { readSnapshot } from './snapshot.ts'
import { ask, type GivenRow, rowsOf, tempDir } from './testing.ts'

const folder = async (t: TestContext, options: DuckdbOptions = {}) => {
  const dir = join(await tempDir(t), 'warehouse')
  return { dir, warehouse: duckdbWarehouse(dir, options) }
}

const publicIn = async (dir: string, table = 'chunks_clustered') => (await readdir(join(dir, table))).sort()

const rowsAt = (from: number, count: number, more: Partial<GivenRow> = {}): GivenRow[] =>
  Array.from({ length: count }, (_, i) => ({
    chunk: `row ${from + i}`,
    offset: from + i,
    seq: from + i,
    response_id: 'r',
    ...more,
  }))

test('whoever reads while commits, merges and rolls go on sees every committed row once, and never an error', async t => {
  const { warehouse } = await folder(t, { rollRowsMax: 150 })
  await using writer = await warehouse.writer()
  let next = 0
  let isDone = false
  const writing = (async () => {
    for (let i = 0; i < 120; i++) {
      const rows = rowsAt(next, 1 + (i % 5))
      await writer.commit(commitOf(rows))
      next += rows.length
    }
    await writer.roll({ all: true })
    isDone = true
  })()
  let reads = 0
  for (; !isDone; reads++) {
    const before = next
    const sql = 'select count(*), count(distinct seq), coalesce(max(seq) + 1, 0) from chunks_clustered'
    const [[count, distinct, end]] = await select(warehouse, sql)
    assert.deepEqual([count, distinct], [end, end])
    assert.ok((count as number) >= before, `${before} rows were committed, ${count} were read`)
  }
  await writing
  assert.ok(reads > 3)
})

test('files are named by ranges of offsets that lie behind one another', async t => {
  const { dir, warehouse } = await folder(t)
  await using writer = await warehouse.writer()
  await writer.commit(commitOf(rowsAt(5, 10), { position: { log: 20 } }))
  await writer.roll({ all: true })
  await writer.commit(
    commitOf([...rowsAt(20, 2), ...rowsAt(0, 1, { partition: 'logs_ä.txt' })], {
      position: { log: 30, 'logs_ä.txt': 7 },
    }),
  )
  await writer.commit(commitOf(rowsAt(40, 1), { position: { log: 50, 'logs_ä.txt': 7 } }))
  await writer.roll({ all: true })
  const names = (await publicIn(dir)).map(name => name.replace(/~[0-9a-f]{16}/, '~…'))
  assert.deepEqual(names, ['plog-20-50.parquet', 'plog-5-20.parquet', 'plogs_%C3%A4.txt~…-0-7.parquet'])
})

test('rows that waited come with the first roll after they were filled, in a file of their own if nothing else came', async t => {
  const { dir, warehouse } = await folder(t)
  await using writer = await warehouse.writer()
  await writer.commit(commitOf([...rowsAt(0, 2), ...rowsAt(2, 1, { waitsFor: 0 })]))
  await writer.roll({ all: true })
  assert.deepEqual(await publicIn(dir), ['plog-0-3.parquet'])
  await writer.commit(commitOf([], { position: { log: 3 }, fill: { model: 1, clusterOf: Int32Array.of(4) } }))
  await writer.roll({ all: true })
  assert.deepEqual(await publicIn(dir), ['plog-0-3.parquet', 'plog-3-3.parquet'])
  assert.deepEqual(await ask(dir, 'chunks_clustered', 'chunk, cluster', 'cluster = 4'), [['row 2', 4]])
})

test('a roll is due by rows, by bytes of text, or by age', async t => {
  let now = 0
  const { dir, warehouse } = await folder(t, {
    rollRowsMax: 100,
    rollBytesMax: 10_000,
    rollAgeMs: 1000,
    clock: () => now,
  })
  await using writer = await warehouse.writer()
  const counts: number[] = []
  const commit = async (rows: readonly GivenRow[]) => {
    await writer.commit(commitOf(rows))
    await writer.roll()
    counts.push((await publicIn(dir)).length)
  }
  await commit(rowsAt(0, 99))
  await commit(rowsAt(99, 1))
  await commit(rowsAt(100, 1, { chunk: 'x'.repeat(9_000) }))
  await commit(rowsAt(101, 1, { chunk: 'x'.repeat(1_000) }))
  await commit(rowsAt(102, 1))
  now += 999_999
  await commit(rowsAt(103, 1))
  now += 1
  await commit(rowsAt(104, 1))
  assert.deepEqual(counts, [0, 1, 1, 2, 2, 2, 3])
})

test('an hour of small commits leaves few files to open', async t => {
  const { dir, warehouse } = await folder(t)
  await using writer = await warehouse.writer()
  for (let i = 0; i < 200; i++) await writer.commit(commitOf(rowsAt(i, 1)))
  await writer.roll()
  const { tail } = (await readSnapshot(dir)).tables.chunks_clustered
  assert.ok(tail.length <= 32, `${tail.length} parts`)
})

test('a commit with much text is final at once, behind what is in the tail', async t => {
  const { dir, warehouse } = await folder(t, { rollRowsMax: 50 })
  await using writer = await warehouse.writer()
  await writer.commit(commitOf(rowsAt(0, 10)))
  await writer.commit(commitOf(rowsAt(10, 60)))
  await writer.roll()
  assert.deepEqual(await publicIn(dir), ['plog-0-10.parquet', 'plog-10-70.parquet'])
  assert.deepEqual(await textsOf(writer, keyOf(3), keyOf(33)), ['row 3', 'row 33'])
})

test('a public file is never touched again', async t => {
  const { dir, warehouse } = await folder(t, { rollRowsMax: 5 })
  const seen = new Map<string, Buffer>()
  for (let i = 0; i < 5; i++) {
    await commitTo(warehouse, commitOf(rowsAt(i * 10, 10)))
    const files = await publicIn(dir)
    for (const [name, bytes] of seen) assert.ok(bytes.equals(await readFile(join(dir, 'chunks_clustered', name))))
    for (const name of files) seen.set(name, await readFile(join(dir, 'chunks_clustered', name)))
  }
  assert.ok(seen.size > 1)
})

const foreigners: Readonly<Record<string, readonly [path: string, message: RegExp]>> = {
  'another file': ['notes.txt', /it holds "notes.txt"/],
  'a file that is no Parquet in its table': ['chunks_clustered/data.csv', /it holds "chunks_clustered\/data.csv"/],
  'a file that is named like ours': [
    'chunks_clustered/plog-0-5.parquet',
    /does not know of "chunks_clustered\/plog-0-5.parquet"/,
  ],
}

for (const [what, [path, message]] of Object.entries(foreigners)) {
  test(`a folder with ${what} is refused, and the file left alone`, async t => {
    const { dir, warehouse } = await folder(t)
    await mkdir(join(dir, 'chunks_clustered'), { recursive: true })
    await writeFile(join(dir, path), 'mine')
    await assert.rejects(warehouse.writer(), error => {
      const { code, message: said } = error as { code: string; message: string }
      return code === 'warehouse/foreign' && message.test(said)
    })
    assert.equal(await readFile(join(dir, path), 'utf8'), 'mine')
    assert.equal(await warehouse.committed(), undefined)
  })
}

test("others' Parquet files in the table's folder are no obstacle, and are told apart", async t => {
  const { dir, warehouse } = await folder(t)
  await mkdir(join(dir, 'chunks_clustered'), { recursive: true })
  const foreign = join(dir, 'chunks_clustered', 'part-00000-c0ffee.snappy.parquet')
  for (const path of [foreign, join(dir, 'chunks_clustered', '_SUCCESS')]) await writeFile(path, '')
  await commitTo(warehouse, commitOf(answer(3)))
  const { chunks_clustered } = (await readSnapshot(dir)).tables
  assert.deepEqual(chunks_clustered.foreign, [foreign])
})

test('a place that cannot be written to is refused with what to do', async t => {
  const dir = await tempDir(t)
  await writeFile(join(dir, 'file'), '')
  for (const path of [join(dir, 'file'), join(dir, 'file', 'below'), '/proc/warehouse']) {
    await assert.rejects(duckdbWarehouse(path).writer(), error => {
      const { code, message } = error as { code: string; message: string }
      return code === 'warehouse/unwritable' && message.includes('give a folder on a disk that you may write to')
    })
  }
})

test('a state of another format is refused', async t => {
  const { dir, warehouse } = await folder(t)
  await commitTo(warehouse, commitOf(answer(1)))
  const { DatabaseSync } = await import('node:sqlite')
  const state = new DatabaseSync(join(dir, '_state', 'state.sqlite'))
  state.exec('UPDATE commits SET format = 2')
  state.close()
  await assert.rejects(warehouse.writer(), /has format 2, this textstream knows 1/)
})

for (const [what, damage] of Object.entries({
  'is no database': (path: string) => writeFile(path, Buffer.alloc(8192, 'rubbish')),
  'is damaged in the middle': async (path: string) => {
    await using file = await open(path, 'r+')
    await file.write(Buffer.alloc(4096, 0xff), 0, 4096, 4096)
  },
})) {
  test(`a state that ${what} is told of, by who writes and who reads`, async t => {
    const { dir, warehouse } = await folder(t)
    await commitTo(warehouse, commitOf(answer(1)))
    await damage(join(dir, '_state', 'state.sqlite'))
    const refused = { code: 'warehouse/damaged', message: /state\.sqlite" is damaged: .*; restore it/ }
    await assert.rejects(warehouse.writer(), refused)
    await assert.rejects(warehouse.committed(), refused)
  })
}

test('a committed file that is gone is told of, and nothing is committed behind it', async t => {
  const { dir, warehouse } = await folder(t)
  await commitTo(warehouse, commitOf(answer(1)))
  const [part] = (await readSnapshot(dir)).tables.chunks_clustered.tail
  await rm(part)
  await assert.rejects(warehouse.writer(), {
    code: 'warehouse/damaged',
    message: new RegExp(`${basename(part)}.*is gone`),
  })
})

test('a warehouse that may not be written to can be read', async t => {
  const disk = await tmpfs(t, '20m')
  if (disk === undefined) return t.skip('needs the right to mount a tmpfs')
  const dir = join(disk, 'warehouse')
  await commitTo(duckdbWarehouse(dir), commitOf(answer(3)))
  execFileSync('mount', ['-o', 'remount,ro', disk])
  assert.deepEqual(await duckdbWarehouse(dir).committed(), { log: 3 })
  assert.equal((await ask(dir, 'chunks_clustered', 'chunk')).length, 3)
  await assert.rejects(duckdbWarehouse(dir).writer(), failsWith('warehouse/unwritable'))
})

test('bugs of whoever commits are refused before anything is written', async t => {
  const { warehouse } = await folder(t)
  const refused = async (commit: ReturnType<typeof commitOf>, message: RegExp) => {
    await using writer = await warehouse.writer()
    await assert.rejects(writer.commit(commit), message)
    assert.deepEqual(await warehouse.committed(), { log: 5 })
  }
  await commitTo(warehouse, commitOf([], { position: { log: 5 } }))
  await refused(commitOf([], { position: { log: 4 } }), /position of partition "log" goes back/)
  await refused(commitOf(rowsAt(5, 1, { chunk: Buffer.from([0xff]) })), /not well-formed UTF-8/)
  const halves = rowsOf([
    { chunk: Buffer.from([0xc3]), offset: 5 },
    { chunk: Buffer.from([0xa4]), offset: 6 },
  ])
  await refused({ position: { log: 7 }, rows: halves }, /not well-formed UTF-8/)
})

test('nothing is left of a writer but what it committed', async t => {
  const { dir, warehouse } = await folder(t)
  await commitTo(warehouse, commitOf(answer(3)))
  assert.deepEqual((await readdir(join(dir, '_state'))).sort(), ['.lock', 'state.sqlite', 'tail'])
  assert.ok(!existsSync(join(dir, '_state', 'scratch')))
})

test('200,000 answers in one commit', async t => {
  const { warehouse } = await folder(t)
  const rows = new Rows()
  rows.partitions.push('log')
  for (let i = 0; i < 200_000; i++) {
    rows.voices.push({ agent_id: `Agent_${i % 100}`, destination_uri: `/${i}.md`, response_id: `r${i}` })
    rows.begin(1)
    rows.voice[i] = i
    rows.partition[i] = 0
    rows.offset[i] = i
    rows.micros[i] = i
    rows.seq[i] = 0
    rows.cluster[i] = 1
    rows.model[i] = 1
    rows.waitsFor[i] = -1
    rows.text[i] = 0x61
    rows.end(i + 1)
  }
  await using writer = await warehouse.writer()
  await writer.commit({ position: { log: 200_000 }, rows })
  const sql = 'select count(distinct response_id), count(distinct destination_uri) from chunks_clustered'
  assert.deepEqual(await select(warehouse, sql), [[200_000, 200_000]])
})
