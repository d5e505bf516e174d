import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileTopic } from './file.ts'
import { FolderWatch } from './folder-watch.ts'

const gatherMs = 300

test('changes that come soon behind one another wake once, and no sooner than was asked for', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-gather-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  using watch = new FolderWatch(dir, undefined, gatherMs)
  for (let wakes = 0; wakes < 3; wakes++) {
    const began = performance.now()
    const change = watch.change()
    for (let n = 0; n < 3; n++) await writeFile(join(dir, 'a'), String(n))
    await change
    const waited = performance.now() - began
    assert.ok(waited > 0.9 * gatherMs, `woke after ${waited} ms`)
  }
})

test('who gathers is given what is there at once, and is let go at once', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-gather-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  await writeFile(join(dir, '00000000000000000000.ndjson'), '{"destination_uri":"/a"}\n'.repeat(4))
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 100)
  const began = performance.now()
  const long = { follow: true, gatherMs: 60_000, signal: abort.signal }
  for await (const { entries } of fileTopic(dir).read({}, long)) assert.equal(entries.length, 4)
  assert.ok(performance.now() - began < 30_000)
})
