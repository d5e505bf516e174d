import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { generate } from '../../bench/generate.ts'
import { readManifest } from '../../bench/manifest.ts'
import { measurePaced } from '../../bench/paced.ts'
import { makeTexts } from '../../bench/produce-texts.ts'
import { carryOurs, proveLog } from '../../bench/throughput.ts'
import { verifyDocuments } from '../../bench/verify-documents.ts'
import { bin, root, tempDir, textstream } from './textstream.ts'

const size = { documents: 30, characters: 1500, chunk: 5 }
const order = { name: 'tiny', size, texts: join(root, 'examples/texts'), clean: false, seed: 1 }
const right = { documents: size.documents, missing: [], different: [], foreign: [] }

for (const own of [false, true]) {
  test(`the bench's ${own ? 'own' : 'old'} log comes out as its manifest says`, async () => {
    await using dir = await tempDir()
    const about = await generate({ ...order, own, out: dir.path })
    const { documents } = await readManifest(join(dir.path, about.log))
    const out = join(dir.path, 'refresh')
    const { code, stderr } = await textstream(['refresh', join(dir.path, about.log), '-o', out, '--json'])
    assert.equal(code, about.malformed > 0 ? 3 : 0, stderr)
    assert.deepEqual(await verifyDocuments(out, documents), right)
    const { counters } = JSON.parse(await readFile(join(out, '_receipt.json'), 'utf8'))
    const { lines, malformed } = counters
    assert.deepEqual([lines, malformed], [about.lines, about.malformed])
    assert.equal(counters[own ? 'complete' : 'unsequenced'], size.documents)
    assert.ok(about.late > 0 && about.equalTimes > 0 && about.malformed > 0)
  })
}

test("the bench's logs are the same for the same seed, and others for another", async () => {
  await using dir = await tempDir()
  const logs: Buffer[] = []
  for (const seed of [1, 1, 2]) {
    const { log } = await generate({ ...order, seed, own: false, out: dir.path })
    logs.push(await readFile(join(dir.path, log)))
  }
  assert.deepEqual([logs[0].equals(logs[1]), logs[0].equals(logs[2])], [true, false])
})

test("the bench's verifier sees a missing, a different and a foreign document", async () => {
  await using dir = await tempDir()
  const documentsOf = ['/a', '/b'].map(uri => ({ uri, file: `${uri.slice(1)}.txt`, bytes: 1, sha256: '0' }))
  await writeFile(join(dir.path, 'a.txt'), 'x')
  await writeFile(join(dir.path, 'c.txt'), 'x')
  const verdict = await verifyDocuments(dir.path, documentsOf)
  assert.deepEqual(verdict, { documents: 2, missing: ['/b'], different: ['/a'], foreign: ['c.txt'] })
})

const needsTime = existsSync('/usr/bin/time') ? {} : { skip: 'needs GNU time at /usr/bin/time' }

test("the bench's throughput scenario carries every text, and proves it", needsTime, async () => {
  await using dir = await tempDir()
  const few = { documents: 3, characters: 2000, chunk: 5 }
  const texts = await makeTexts(join(dir.path, 'texts'), order.texts, few, 1)
  const flow = { bin, texts, chunk: few.chunk, out: join(dir.path, 'out') }
  const { source } = await carryOurs(flow)
  await proveLog(flow)
  assert.ok(source.peakMiB > 1)
})

test("the bench's paced scenario sees every chunk become durable", needsTime, async () => {
  await using dir = await tempDir()
  const pace = { streams: 3, rate: 20, seconds: 1, dropSeconds: 0 }
  const { latencies } = await measurePaced(bin, join(dir.path, 'logs'), pace)
  const { chunks, counted, maxMs } = latencies
  assert.deepEqual([chunks, counted], [60, 60])
  assert.ok(maxMs > 0)
})
