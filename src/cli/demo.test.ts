import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, tempDir, textstream } from '../../test/system/textstream.ts'
import type { Delivery } from '../produce/produce.ts'
import { compare } from './demo.ts'

const texts = join(root, 'examples/texts')

test('shows every sample text rebuilt byte for byte, and where it lies', async () => {
  await using dir = await tempDir()
  const { code, stdout, stderr } = await textstream(['demo', '--json'], { cwd: dir.path })
  assert.equal(code, 0, stderr)
  const { compared } = JSON.parse(stdout)
  assert.deepEqual(
    compared.map((one: { file: string }) => one.file),
    (await readdir(texts)).sort(),
  )
  for (const { file, rebuilt } of compared) {
    assert.deepEqual(await readFile(join(dir.path, rebuilt)), await readFile(join(texts, file)))
  }
})

test('runs again where it ran before, and leaves what others put there', async () => {
  await using dir = await tempDir()
  const where = { cwd: dir.path }
  assert.equal((await textstream(['demo', '--dir', 'd'], where)).code, 0)
  await writeFile(join(dir.path, 'd/refresh/mine.txt'), 'mine')
  const { code, stdout, stderr } = await textstream(['demo', '--dir', 'd'], where)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /cut off on purpose at \d+ chunks/)
  assert.match(stdout, /compare {3}15 of 15 are the same as their originals, byte for byte/)
  assert.equal(await readFile(join(dir.path, 'd/refresh/mine.txt'), 'utf8'), 'mine')
})

test('says what is wrong with a folder that cannot be one', async () => {
  await using dir = await tempDir()
  await writeFile(join(dir.path, 'file'), '')
  const { code, stderr } = await textstream(['demo', '--dir', 'file'], { cwd: dir.path })
  assert.equal(code, 1)
  assert.match(stderr, /^textstream: log "file\/logs" .* a file; give a folder/)
  assert.doesNotMatch(stderr, /\n {4}at /)
})

const delivery: Delivery = {
  file: 'weir.txt',
  state: 'captured',
  agent_id: 'Agent_Ada',
  destination_uri: '/weir.md',
  chunks: 1,
  bytes: 1,
}

test('takes nothing but the original bytes for the same', async () => {
  await using dir = await tempDir()
  const original = await readFile(join(texts, 'weir.txt'))
  const sameFor = async (rebuilt: Buffer | undefined) => {
    if (rebuilt !== undefined) await writeFile(join(dir.path, 'weir.md.txt'), rebuilt)
    return (await compare(delivery, dir.path)).same
  }
  assert.deepEqual(
    [await sameFor(undefined), await sameFor(original.subarray(1)), await sameFor(original)],
    [false, false, true],
  )
})
