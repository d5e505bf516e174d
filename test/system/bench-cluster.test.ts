import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { adjustedRandIndex, qualityOf, truthOf } from '../../bench/cluster-measures.ts'
import { writeChunks } from '../../bench/cluster-texts.ts'
import { root, tempDir } from './textstream.ts'

const texts = join(root, 'examples/texts')
const ours = join(root, 'bench/cluster-ours.ts')

for (const features of ['classic', 'text']) {
  test(`the bench clusters every chunk by ${features}, and says what that is worth`, async () => {
    await using dir = await tempDir()
    const [chunks, labels] = [join(dir.path, 'chunks.tsv'), join(dir.path, 'labels')]
    await writeChunks(chunks, { texts, seed: 1 })
    execFileSync(process.execPath, [ours, chunks, labels, '4', '42', features])
    const { clusters, randIndex, inertia } = await qualityOf(truthOf(chunks), labels)
    assert.equal(clusters, 4)
    assert.ok(randIndex > -0.5 && randIndex <= 1 && inertia > 0)
  })
}

test("the bench's chunks are the same for the same seed, and others for another", async () => {
  await using dir = await tempDir()
  const written: string[] = []
  for (const seed of [1, 1, 2]) {
    const path = join(dir.path, 'chunks.tsv')
    await writeChunks(path, { texts, count: 100, seed })
    written.push(await readFile(path, 'utf8'))
  }
  assert.deepEqual([written[0] === written[1], written[0] === written[2]], [true, false])
  assert.equal(written[0].split('\n').length, 101)
})

test("the bench's Rand index is 1 for the same partition, 0 for chance, and known between", () => {
  const indexOf = (a: number[], b: number[]) => adjustedRandIndex(Int32Array.from(a), Int32Array.from(b))
  assert.equal(indexOf([0, 0, 1, 1], [5, 5, 3, 3]), 1)
  assert.equal(indexOf([0, 0, 0, 0], [0, 0, 0, 0]), 1)
  assert.equal(indexOf([0, 0, 1, 1], [0, 1, 0, 1]).toFixed(9), '-0.500000000')
  assert.equal(indexOf([0, 0, 1, 2], [0, 0, 1, 1]).toFixed(9), (4 / 7).toFixed(9))
})
