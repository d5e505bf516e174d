import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { duckdbWarehouse } from './duckdb.ts'
import { readSnapshot, type TableName } from './snapshot.ts'
import { ask, rowsOf, tempDir, tmpfs } from './testing.ts'

const long = process.env.TEXTSTREAM_LONG !== undefined
const seed = Number(process.env.TEXTSTREAM_SEED ?? 20261123)
const hasStrace = spawnSync('strace', ['-V']).status === 0
const needsStrace = { skip: hasStrace ? false : 'needs strace', concurrency: 2 }

/**
 * Commits a few rows at a time from where the last commit left off, some of which wait for a later commit to fill them,
 * and notes what was committed. Everything is due all the time: parts are merged, rows rolled, while commits go on.
 * After a failure it notes it, and ends. It also ends when the test does, however that ends.
 */
const committer = `import { openSync, writeSync } from 'node:fs'
process.stdin.resume().on('end', () => process.exit()).unref()
const [, url, testing, dir, commitsMax] = process.argv
const { duckdbWarehouse } = await import(url)
const { rowsOf } = await import(testing)
const notes = openSync(dir + '.notes', 'a')
const note = json => writeSync(notes, JSON.stringify(json) + '\\n')
try {
  await using writer = await duckdbWarehouse(dir, { rollRowsMax: 60 }).writer()
  let next = writer.position?.log ?? 0
  note({ begin: next })
  for (let i = 0; i < Number(commitsMax); i++) {
    const count = 1 + (next * 7919) % 9
    const offsets = Array.from({ length: count }, (_, k) => next + k)
    const rows = rowsOf(offsets.map(offset => ({
      chunk: 'row ' + offset, offset, response_id: 'r' + offset % 3,
      ...(offset % 4 === 0 ? { waitsFor: offset } : { cluster: offset % 7, model: 1 }),
    })))
    next += count
    const state = new Map([['next', Buffer.from(String(next))]])
    const endings = [{ destination_uri: '/a.md', seq: next, reason: 'stop', chunks: 1, bytes: 1, sha256: '', partition: 'log', offset: next - 1 }]
    const fill = { model: 1, clusterOf: Int32Array.from({ length: next }, (_, n) => n % 7) }
    await writer.commit({ position: { log: next }, rows, state, endings, ...(i % 5 === 4 && { fill }) })
    note({ committed: next })
    if (i % 11 === 10) await writer.roll({ all: true })
  }
  note({ done: next })
} catch (error) {
  note({ code: error.code, message: error.message })
}
process.exit()`

interface Note {
  readonly begin?: number
  readonly committed?: number
  readonly code?: string
  readonly message?: string
}

const notesOf = (dir: string): Note[] =>
  existsSync(`${dir}.notes`)
    ? readFileSync(`${dir}.notes`, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line))
    : []

const start = (dir: string, strace: readonly string[] = [], commitsMax = 1_000_000): ChildProcess => {
  const urls = ['./duckdb.ts', './testing.ts'].map(file => new URL(file, import.meta.url).href)
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', committer]
  const traced = strace.length === 0 ? [] : ['strace', '-f', '-qq', '-o', '/dev/null', ...strace]
  const [command, ...args] = [...traced, ...node, ...urls, dir, String(commitsMax)]
  // One thread, so that strace's count of calls (it counts per thread) is nearly the count of all.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  return spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'], env, detached: true })
}

/** The process, and under strace the one that it traces. */
const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  process.kill(-child.pid!, 'SIGKILL')
  await exit
}

/** Waits for its end, but not for ever. */
const ended = async (child: ChildProcess): Promise<void> => {
  const timer = setTimeout(() => kill(child), 60_000)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  clearTimeout(timer)
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

const committedIn = async (dir: string) => (await duckdbWarehouse(dir).committed())?.log ?? 0

/** What any reader finds is what was committed, to the row. */
const checkRows = async (dir: string): Promise<number> => {
  const next = await committedIn(dir)
  const rows = existsSync(dir) ? await ask(dir, 'chunks_clustered', 'chunk, coalesce(cluster, -1)') : []
  const numbers = rows.map(([chunk]) => Number((chunk as string).slice(4))).sort((a, b) => a - b)
  assert.deepEqual(numbers, upTo(next))
  for (const [chunk, cluster] of rows) {
    const number = Number((chunk as string).slice(4))
    assert.ok(cluster === number % 7 || (cluster === -1 && number % 4 === 0), `${chunk} has cluster ${cluster}`)
  }
  return next
}

/** All that was acknowledged is there, before the next writer opens it and after, and nothing lies about that is not known. */
const check = async (dir: string): Promise<number> => {
  const before = await checkRows(dir)
  const acknowledged = Math.max(0, ...notesOf(dir).map(({ committed }) => committed ?? 0))
  assert.ok(before >= acknowledged, `${acknowledged} was acknowledged, ${before} is there`)
  await using writer = await duckdbWarehouse(dir).writer()
  assert.equal(writer.position?.log ?? 0, before)
  assert.equal(Number(Buffer.from(writer.recall('next') ?? '0').toString()), before)
  assert.equal(await checkRows(dir), before)
  const { tables } = await readSnapshot(dir)
  const known = Object.values(tables).flatMap(({ tail }) => tail.map(path => basename(path)))
  assert.deepEqual((await readdir(join(dir, '_state', 'tail'))).sort(), known.sort())
  for (const table of Object.keys(tables) as TableName[]) {
    const files = tables[table].files.map(path => basename(path))
    assert.deepEqual((await readdir(join(dir, table))).sort(), files.sort())
  }
  return before
}

/** mulberry32. */
const randomOf = (state: number) => () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const beginsIn = (dir: string) => notesOf(dir).filter(({ begin }) => begin !== undefined).length

/** Started, and with the right to write. */
const startCommitting = async (dir: string): Promise<ChildProcess> => {
  const begins = beginsIn(dir)
  const child = start(dir)
  for (let i = 0; i < 6000; i++) {
    if (beginsIn(dir) > begins) return child
    await sleep(5)
  }
  await kill(child)
  assert.fail('the child never began')
}

test(`kill -9 at any time loses and doubles no row (TEXTSTREAM_SEED=${seed})`, async t => {
  const dir = join(await tempDir(t), 'warehouse')
  const random = randomOf(seed)
  let count = 0
  for (let round = 0; round < (long ? 200 : 6); round++) {
    const child = await startCommitting(dir)
    await sleep(random() * 600)
    await kill(child)
    count = await check(dir)
  }
  assert.ok(count > 20, 'the children had time to commit')
})

const points: Readonly<Record<string, readonly number[]>> = long
  ? { fsync: upTo(40), fdatasync: upTo(60), rename: upTo(20), unlink: upTo(20), pwrite64: upTo(100) }
  : { fsync: [7], fdatasync: [2, 20], rename: [0, 2], pwrite64: [40] }

describe('kill -9 at a system call loses and doubles no row', needsStrace, () => {
  for (const [call, numbers] of Object.entries(points)) {
    for (const point of numbers) {
      test(`${call} number ${point + 1}`, async t => {
        const dir = join(await tempDir(t), 'warehouse')
        const child = start(dir, ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${point + 1}`], 60)
        await ended(child)
        assert.equal(child.signalCode, 'SIGKILL', JSON.stringify([child.exitCode, notesOf(dir).at(-1)]))
        await check(dir)
      })
    }
  }
})

const part = (number: number) => join('_state', 'tail', `${number}.parquet`)
const log = join('_state', 'state.sqlite-wal')

/** From the call numbered `point` on (of those for `path`, if it is given) all fail. */
const faults = [
  {
    name: 'no space left for a part',
    call: 'write',
    path: part(9),
    fault: 'ENOSPC',
    message: /no space.*free some space/i,
  },
  { name: 'a failing disk under a part', call: 'write', path: part(9), fault: 'EIO', message: /check the disk/ },
  {
    name: 'a failing disk under the sync of a part',
    call: 'fdatasync',
    point: 12,
    fault: 'EIO',
    message: /check the disk/,
  },
  {
    name: 'no space left for what is committed',
    call: 'pwrite64',
    path: log,
    point: 60,
    fault: 'ENOSPC',
    message: /full.*free some space/,
  },
  {
    name: 'a failing disk under what is committed',
    call: 'fsync',
    path: log,
    point: 12,
    fault: 'EIO',
    message: /check the disk/,
  },
  { name: 'a failing disk under a roll', call: 'rename', point: 2, fault: 'EIO', message: /check the disk/ },
]

describe('a failed commit leaves nothing, and the next writer goes on', needsStrace, () => {
  for (const { name, call, path, point = 1, fault, message } of faults) {
    test(`${name} (${call} number ${point})`, async t => {
      const dir = join(await tempDir(t), 'warehouse')
      const only = path === undefined ? [] : ['-P', join(dir, path)]
      await ended(
        start(dir, [...only, '-e', `trace=${call}`, '-e', `inject=${call}:error=${fault}:when=${point}+`], 60),
      )
      const failure = notesOf(dir).find(({ code }) => code !== undefined)
      assert.match(String(failure?.code), /^warehouse\/(?:commit|roll)$/)
      assert.match(failure!.message!, message)
      const count = await check(dir)
      assert.ok(count > 0)
      await ended(start(dir, [], 12))
      assert.ok((await check(dir)) > count)
    })
  }
})

test('a disk that is really full costs nothing that was committed', async t => {
  const disk = await tmpfs(t, '1m')
  if (disk === undefined) return t.skip('needs the right to mount a tmpfs')
  const dir = join(disk, 'warehouse')
  const warehouse = duckdbWarehouse(dir)
  const noise = () =>
    Array.from({ length: 3000 }, () => String.fromCodePoint(0x4e00 + Math.floor(Math.random() * 20000))).join('')
  const commitOf = (offset: number) => ({ position: { log: offset + 1 }, rows: rowsOf([{ chunk: noise(), offset }]) })
  let committed = 0
  const filling = (async () => {
    await using writer = await warehouse.writer()
    for (; committed < 1000; committed++) await writer.commit(commitOf(committed))
  })()
  await assert.rejects(filling, /(?:commit to|roll) warehouse ".*free some space, then start again/s)
  assert.ok(committed > 10)
  assert.deepEqual(await warehouse.committed(), { log: committed })
  assert.equal((await ask(dir, 'chunks_clustered', 'length(chunk)')).length, committed)
  execFileSync('mount', ['-o', 'remount,size=20m', disk])
  await using next = await warehouse.writer()
  await next.commit(commitOf(committed))
  await next.roll({ all: true })
  assert.equal((await ask(dir, 'chunks_clustered', 'length(chunk)')).length, committed + 1)
})

test('a paused writer still owns the warehouse; a killed one does not', async t => {
  const dir = join(await tempDir(t), 'warehouse')
  const child = await startCommitting(dir)
  t.after(() => kill(child))
  child.kill('SIGSTOP')
  await assert.rejects(duckdbWarehouse(dir).writer(), error => {
    const { code, message } = error as { code: string; message: string }
    return code === 'warehouse/locked' && message.includes(`pid ${child.pid} on "`)
  })
  await kill(child)
  await using _writer = await duckdbWarehouse(dir).writer()
})
