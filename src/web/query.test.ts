import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, test } from 'node:test'
import { StreamError } from '../std/error.ts'
import { answerTo } from './query.ts'
import { ownUp, until } from './testing.ts'

const up = await ownUp()
after(() => up[Symbol.asyncDispose]())
await up.post('{"chunk":"x","agent_id":"Ada","destination_uri":"/q.md"}')
const ask = (sql: string, signal = new AbortController().signal) =>
  answerTo({ place: { dir: `${up.dir}/warehouse` }, request: { sql } }, signal)
const codeOf = (thrown: unknown) => (thrown instanceof StreamError ? thrown.code : thrown)
await until(
  () => ask('select * from chunks_clustered').catch(() => ({ rows: [] })),
  ({ rows }) => rows.length === 1,
)

/** Each takes far more than it may have, none of it where DuckDB counts. */
const bombs = {
  'one value': "select length(repeat('x', 4000000000))",
  'many values': 'select array_agg(a) over () from range(3000000) t(a)',
}

for (const [name, sql] of Object.entries(bombs)) {
  test(`a statement that takes all memory, as ${name}, is refused, and takes none of this process`, async () => {
    const before = process.memoryUsage.rss()
    assert.equal(await ask(sql).catch(codeOf), 'warehouse/too-large')
    assert.ok(process.memoryUsage.rss() - before < 100 * 1024 * 1024)
  })
}

test('a statement that heeds no interrupt ends with whoever asked', async () => {
  const began = performance.now()
  const thrown = await ask(
    "select levenshtein(repeat('a', 100000), repeat('b', 100000))",
    AbortSignal.timeout(1_000),
  ).catch(codeOf)
  assert.equal(thrown, 'warehouse/interrupted')
  assert.ok(performance.now() - began < 3_000)
})

test('what a statement left on the disk goes with it', async () => {
  const ours = async () =>
    (await readdir(tmpdir())).filter(name => name.startsWith(`textstream-up-${process.pid}-`)).length
  const before = await ours()
  const stop = new AbortController()
  const asked = ask('select sum(range % 7) from range(100000000000)', stop.signal).catch(codeOf)
  await until(ours, count => count === before + 1)
  stop.abort()
  assert.equal(await asked, 'warehouse/interrupted')
  assert.equal(await ours(), before)
})
