import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { encode } from '../chunk/codec.ts'
import { memoryTopic } from '../topic/memory.ts'
import { readDocument } from './cat.ts'
import { followDocument } from './follow.ts'

const uri = '/d.md'
const about = { agent_id: 'Agent_Ada', destination_uri: uri }
const end = { reason: 'stop', chunks: 2, bytes: 0, sha256: '0'.repeat(64) }

const record = (seq: number, chunk: string, more: object = {}) =>
  encode({ chunk, ...about, response_id: 'r', seq, event_time: `2026-11-23T08:00:0${seq}Z`, ...more })

/** Appends `before`, follows, appends `after` once what was there is shown, and gives what the follower said. */
const follow = async (before: Buffer[], after: Buffer[], stopAfter = Number.POSITIVE_INFINITY) => {
  const topic = memoryTopic()
  await using writer = await topic.writer()
  for (const line of before) await writer.append(uri, line)
  const stop = new AbortController()
  const said: string[] = []
  const append = async () => {
    for (const line of after.splice(0)) await writer.append(uri, line)
  }
  if (before.length === 0) setTimeout(append, 20)
  for await (const followed of followDocument(topic, uri, stop.signal)) {
    said.push('text' in followed ? followed.text : `[${followed.notice}]`)
    await append()
    if (said.length >= stopAfter) stop.abort()
  }
  return said
}

test('follow shows what is there, then what comes, and ends with the document', async () => {
  assert.deepEqual(await follow([record(0, 'a')], [record(1, 'b'), record(2, '', { end })]), ['a', 'b'])
})

test('follow ends at once where the document has ended', async () => {
  assert.deepEqual(await follow([record(0, 'a'), record(1, 'b'), record(2, '', { end })], []), ['ab'])
})

test('follow waits for a document that nobody has begun', async () => {
  const said = await follow([], [record(0, 'a'), record(1, 'b'), record(2, '', { end })])
  assert.deepEqual(said, ['[nothing of "/d.md" yet; waiting for it]', 'a', 'b'])
})

test('follow holds back what comes before its turn, and shows a repeat once', async () => {
  const after = [record(2, 'c'), record(1, 'b'), record(1, 'b'), record(3, '', { end })]
  assert.deepEqual(await follow([record(0, 'a')], after), ['a', 'bc'])
})

test('follow goes on after an end by error, and says when a new attempt begins', async () => {
  const failed = { ...end, reason: 'error' }
  const again = (seq: number, chunk: string, more: object = {}) => record(seq, chunk, { response_id: 's', ...more })
  const after = [record(1, '', { end: failed }), again(0, 'x', { supersedes: 'r' }), again(1, '', { end })]
  assert.deepEqual(await follow([record(0, 'a')], after), [
    'a',
    '[a new attempt begins, which replaces an earlier one]',
    'x',
  ])
})

test('follow shows records without seq as they come, until it is stopped', async () => {
  const old = (chunk: string) => encode({ chunk, ...about })
  assert.deepEqual(await follow([old('a')], [old('b'), old('c')], 3), ['a', 'b', 'c'])
})

test('cat gives one document of many, in its order, and nothing of the others', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-cat-'))
  try {
    const other = encode({ chunk: 'other', destination_uri: '/other.md' })
    const path = join(dir, 'log.ndjson')
    writeFileSync(
      path,
      Buffer.concat([record(1, 'b'), other, Buffer.from('rubbish\n'), record(0, 'a'), record(0, 'a')]),
    )
    using document = await readDocument([path], uri)
    const { state, repeats, chunks } = document.row
    assert.deepEqual(
      { text: await text(document.open()), state, repeats, chunks },
      { text: 'ab', state: 'open', repeats: 1, chunks: 2 },
    )
    await assert.rejects(readDocument([path], '/none.md'), { code: 'refresh/not-found' })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
