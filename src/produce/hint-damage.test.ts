import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { memoryTopic } from '../topic/memory.ts'
import { linesOf } from './captured.ts'
import { readHint, writeHint } from './hint-file.ts'
import { counting, filled, hinted, namesIn, records, run, states, tempDir, texts } from './hinted.ts'
import { produce } from './produce.ts'
import { scriptedSource } from './scripted-source.ts'
import { pageBytes } from './taken.ts'

const flipped = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes)
  copy[at] ^= 1
  return copy
}

const sealed = (packed: Buffer, version = 1) => {
  const bytes = Buffer.concat([Buffer.from(`textstream hint ${version}\n`), packed])
  return Buffer.concat([bytes, hash('sha256', bytes, 'buffer')])
}

const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  'is empty': () => Buffer.alloc(0),
  'lost its last byte': bytes => bytes.subarray(0, -1),
  'is cut in the middle': bytes => bytes.subarray(0, bytes.length >>> 1),
  'is cut in its first line': bytes => bytes.subarray(0, 10),
  'has only its first line': bytes => bytes.subarray(0, bytes.indexOf('\n') + 1),
  'has more behind it': bytes => Buffer.concat([bytes, Buffer.from('x')]),
  'has another first byte': bytes => flipped(bytes, 0),
  'has another byte behind its first line': bytes => flipped(bytes, 30),
  'has another byte in the middle': bytes => flipped(bytes, bytes.length >>> 1),
  'has another last byte': bytes => flipped(bytes, bytes.length - 1),
  'is of another version': bytes => sealed(bytes.subarray(bytes.indexOf('\n') + 1, -32), 2),
  'is not packed': () => sealed(Buffer.from('{}')),
  'holds no JSON': () => sealed(zstdCompressSync(Buffer.from('no\n'))),
  'holds half an answer': bytes => {
    const unpacked = zstdDecompressSync(bytes.subarray(bytes.indexOf('\n') + 1, -32))
    return sealed(zstdCompressSync(unpacked.fill('{', unpacked.indexOf('\n') + 1, unpacked.indexOf('\n') + 20)))
  },
  'holds nothing': () => sealed(zstdCompressSync(Buffer.alloc(0))),
}

for (const [what, damage] of Object.entries(damages)) {
  test(`reads everything where the hint ${what}, and writes it anew`, async t => {
    const { hints, topic, taken, file } = await hinted(t, memoryTopic())
    const whole = await readFile(file)
    await writeFile(file, damage(whole))
    assert.deepEqual(states(await run(texts, topic, { hints })), ['already captured', 'already captured'])
    assert.ok(taken() >= records)
    assert.deepEqual(await readFile(file), whole)
  })
}

test('reads everything where something else lies in the hint’s place, and does well where none can be written', async t => {
  const { hints, topic, taken, file } = await hinted(t, memoryTopic())
  const whole = await readFile(file)
  const elsewhere = join(await tempDir(t), 'elsewhere')
  await writeFile(elsewhere, whole)
  for (const put of [() => mkdir(file), () => symlink(elsewhere, file), () => symlink('/dev/zero', file)]) {
    await rm(file, { recursive: true })
    await put()
    assert.deepEqual(states(await run(texts, topic, { hints })), ['already captured', 'already captured'])
    assert.equal(taken(), records)
  }
  assert.deepEqual(await readFile(elsewhere), whole)
  const folder = elsewhere
  assert.deepEqual(states(await run(texts, topic, { hints: { folder, recordsMin: 0 } })), [
    'already captured',
    'already captured',
  ])
  assert.equal(taken(), records)
})

test('writes no hint that is too large to be read', async t => {
  const folder = await tempDir(t)
  const page = new Uint8Array(pageBytes)
  const withPages = (count: number) => {
    const pages = Array.from({ length: count }, (_, number) => [number, page] as const)
    return writeHint(folder, { topic: 'a', url: 'b', span: new Map(), answers: [], pages })
  }
  assert.deepEqual([await withPages(2 ** 11), await withPages(2 ** 14)], [true, false])
  const hint = await readHint(folder, { topic: 'a', url: 'b' })
  assert.equal([...hint!.pages].length, 2 ** 11)
})

test('reads everything where the hint is another topic’s, or another source’s', async t => {
  const { hints, file } = await hinted(t, memoryTopic())
  const foreign = memoryTopic('another')
  await run(texts, foreign, { hints })
  await run(texts, foreign, { hints })
  const [other] = (await namesIn(hints.folder)).map(name => join(hints.folder, name)).filter(path => path !== file)
  await writeFile(other, await readFile(file))
  const { topic, taken } = counting(foreign)
  await run(texts, topic, { hints })
  assert.equal(taken(), records)
  await produce(scriptedSource(texts, 'http://another'), topic, { hints })
  assert.equal(taken(), records)
  assert.equal((await namesIn(hints.folder)).length, 3)
})

test('reads everything where the topic is not the one that the hint was written of', async t => {
  const { hints, topic } = await hinted(t, memoryTopic())
  const lines = await linesOf(topic)
  const changed = (at: number) => lines.with(at, lines[at].replace(/"chunk":"[^"]{2}/, '"chunk":"??'))
  const another = memoryTopic()
  await run(texts, another, { seed: '2' })
  for (const [what, others] of Object.entries({
    'it is shorter': lines.slice(0, -1),
    'it is empty': [],
    'its last record is another one': lines.with(-1, lines.at(-1)!.replace('stop', 'halt')),
    'its last record lies elsewhere': ['{"destination_uri":"/a"}', ...lines],
    'its first record is another one': changed(0),
    'it was made anew': await linesOf(another),
  })) {
    const [one, same] = [counting(await filled(memoryTopic(), others)), await filled(memoryTopic(), others)]
    const deliveries = await run(texts, one.topic, { hints: { ...hints, recordsMin: 1e6 } })
    assert.ok(one.taken() >= others.length, what)
    assert.deepEqual(states(deliveries), states(await run(texts, same)), what)
    assert.equal((await linesOf(one.topic)).length, (await linesOf(same)).length, what)
  }
})
