import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { duckdbWarehouse } from '../../src/warehouse/duckdb.ts'
import { answer, append, consumeOnce, topicOf } from '../consumed.ts'
import { root, tempDir } from './textstream.ts'

const python = process.env.TEXTSTREAM_PYTHON ?? 'python3'

const missing = (): string | undefined => {
  const { status } = spawnSync(python, ['-c', 'import pyarrow'])
  if (status === 0) return undefined
  return `needs pyarrow: python3 -m venv .venv && .venv/bin/pip install -r test/python/requirements.txt, then TEXTSTREAM_PYTHON=.venv/bin/python`
}

const skip = missing()
if (skip !== undefined && process.env.TEXTSTREAM_REQUIRE?.split(',').includes('pyarrow')) throw new Error(skip)

const rounds = 25
const linesPerRound = 200

test('pyarrow reads the public files at any moment while a consumer writes', { skip }, async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'w')
  const warehouse = duckdbWarehouse(path, { rollRowsMax: linesPerRound })
  const lines = answer(
    'r',
    Array.from({ length: rounds * linesPerRound }, (_, i) => `word ${i} ✓ `),
  )
  const reader = spawn(python, [join(root, 'test/python/read_table.py'), join(path, 'chunks_clustered')])
  let said = ''
  for (const stream of [reader.stdout, reader.stderr]) stream.on('data', data => (said += data))
  const topic = await topicOf([])
  for (let round = 0; round < rounds; round++) {
    await append(topic, lines.slice(round * linesPerRound, (round + 1) * linesPerRound))
    await consumeOnce(topic, warehouse)
  }
  reader.stdin.end()
  const [code] = await once(reader, 'close')
  assert.equal(code, 0, said)
  const { reads, rows, text } = JSON.parse(said)
  const characters = lines.map(line => [...JSON.parse(line).chunk].length).reduce((sum, length) => sum + length, 0)
  assert.deepEqual({ rows, text }, { rows: lines.length, text: characters })
  assert.ok(reads > 2, `${reads} reads`)
})
