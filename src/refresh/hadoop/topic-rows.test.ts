import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Input } from '../inputs.ts'
import { OffsetsFile } from '../topic-offsets.ts'
import { withTopicOffsets } from './topic-rows.ts'

const row = (input: string, offset: number, bytes: string) =>
  `${JSON.stringify({ input, offset, reason: 'not ,"reason": JSON', bytes })}\n`

async function* cutInto(bytes: Buffer, sizes: readonly number[]) {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    yield bytes.subarray(at, at + sizes[n % sizes.length])
    at += sizes[n % sizes.length]
  }
}

const joined = async (pieces: AsyncIterable<Buffer>) => {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(Buffer.from(piece))
  return Buffer.concat(all).toString()
}

const topicName = 'kafka://h:9092/"odd,\\"reason\\":"/0'

test("rows of a topic's lines name the topic's offset, however the bytes come; others stay as they are", async t => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-rows-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'spool')
  writeFileSync(path, 'aa\nbbb\nc\n')
  {
    using offsets = new OffsetsFile(`${path}.offsets`)
    for (const [byte, offset] of [
      [0, 100],
      [3, 105],
      [7, 106],
    ])
      offsets.add(byte, offset)
  }
  const topic = { name: 'kafka://h:9092/t', partition: '0', from: 100, to: 107, offsets: `${path}.offsets` }
  const inputs: Input[] = [
    { name: 'a.ndjson', path: 'a', size: 9 },
    { name: topicName, path, size: 9, topic },
  ]
  const rows = (offsets: readonly number[]) =>
    Buffer.from(row('a.ndjson', 3, 'x'.repeat(50)) + offsets.map(offset => row(topicName, offset, 'yy')).join(''))
  const expected = rows([100, 105, 106]).toString()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }), async sizes => {
      assert.equal(await joined(withTopicOffsets(cutInto(rows([0, 3, 7]), sizes), inputs)), expected)
    }),
    { numRuns: 60 },
  )
})

test('without a topic nothing is looked at', async () => {
  const bytes = Buffer.from('rubbish\n{')
  assert.equal(await joined(withTopicOffsets(cutInto(bytes, [3]), [])), 'rubbish\n{')
})
