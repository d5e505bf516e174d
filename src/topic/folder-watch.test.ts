import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileTopic } from './file.ts'

test('who follows and gathers is given at once what came soon behind one another, and is let go at once', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-gather-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const segment = join(dir, '00000000000000000000.ndjson')
  const line = '{"destination_uri":"/a"}\n'
  await writeFile(segment, line)
  const abort = new AbortController()
  const batches: number[] = []
  for await (const { entries } of fileTopic(dir).read({}, { follow: true, gatherMs: 1_000, signal: abort.signal })) {
    batches.push(entries.length)
    if (batches.length > 1) break
    setImmediate(async () => {
      for (let n = 0; n < 3; n++) await appendFile(segment, line)
    })
  }
  assert.deepEqual(batches, [1, 3])
  const began = performance.now()
  setTimeout(() => abort.abort(), 100)
  const long = { follow: true, gatherMs: 60_000, signal: abort.signal }
  for await (const { entries } of fileTopic(dir).read({}, long)) assert.equal(entries.length, 4)
  assert.ok(performance.now() - began < 30_000)
})
