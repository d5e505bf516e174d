import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { tempDir } from './testing.ts'

const hasStrace = spawnSync('strace', ['-V']).status === 0

/** Commits once, then rolls. */
const program = `
const [, url, testing, dir] = process.argv
const { duckdbWarehouse } = await import(url)
const { rowsOf } = await import(testing)
await using writer = await duckdbWarehouse(dir).writer()
process.chdir('/')
await writer.commit({ position: { log: 1 }, rows: rowsOf([{ chunk: 'x', offset: 0 }]) })
process.chdir('/tmp')
await writer.roll({ all: true })
process.chdir('/')`

const urls = ['./duckdb.ts', './testing.ts'].map(file => new URL(file, import.meta.url).href)

/** What was synced and renamed, in order: `fsync _state/tail`. */
const callsIn = (trace: string, dir: string): string[] =>
  readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap(line => {
      const [, call, path] = /(fsync|fdatasync|rename|chdir)\((?:\d+<|")([^>"]*)/.exec(line) ?? []
      if (call === undefined) return []
      return [call === 'chdir' ? call : `${call === 'rename' ? call : 'sync'} ${relative(dir, path)}`]
    })

const between = (calls: readonly string[], turn: number) => {
  const turns = calls.flatMap((call, at) => (call === 'chdir' ? [at] : []))
  return calls.slice(turns[turn] + 1, turns[turn + 1])
}

test('what a commit names is durable before it, and what a roll names before it is taken for final', {
  skip: hasStrace ? false : 'needs strace',
}, async t => {
  const base = await tempDir(t)
  const [dir, trace] = [join(base, 'warehouse'), join(base, 'trace')]
  const strace = ['-f', '-y', '-qq', '-o', trace, '-e', 'trace=fsync,fdatasync,rename,chdir']
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program]
  const { status, stderr } = spawnSync('strace', [...strace, ...node, ...urls, dir], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const calls = callsIn(trace, dir)
  const [part, tail, log] = ['sync _state/tail/1.parquet', 'sync _state/tail', 'sync _state/state.sqlite-wal']
  assert.deepEqual(between(calls, 0), [part, tail, log])
  const placed = ['rename _state/tail/2.parquet', 'sync chunks_clustered', log]
  assert.deepEqual(between(calls, 1), ['sync _state/tail/2.parquet', tail, log, ...placed])
})
