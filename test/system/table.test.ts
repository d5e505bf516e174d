import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { openFolder, openHttp, openLog, openWarehouse } from '../../src/pipeline.ts'
import { produce } from '../../src/produce/produce.ts'
import { serve } from '../../src/source/server.ts'
import { memoryTopic } from '../../src/topic/memory.ts'
import { memoryWarehouse } from '../../src/warehouse/memory.ts'
import type { Warehouse } from '../../src/warehouse/warehouse.ts'
import { answer, append, consumeOnce, query, record } from '../consumed.ts'
import { tempDir, textstream } from './textstream.ts'

const characters = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('')

/** What breaks programs that put text together, cut it, or read it by lines. */
const hostile: Readonly<Record<string, string>> = {
  'planes.txt': characters(0, 0xd7ff) + characters(0xe000, 0x10ffff),
  'bom.txt': '\ufeff"quoted" \'single\' \\n %b \\\\',
  'nul.txt': '\0\0a\0',
  'sql.txt': `'; DROP TABLE chunks_clustered; --\n" OR ""="\n$1 :name ? {x} \\'); COPY x TO '/tmp/x`,
  'lines.txt': '\r\n\n\r\u2028\u2029\u0085\v\f',
  'marks.txt': 'a\u0300\u0301\u200d👩‍👩‍👧‍👦🇩🇪\u202eabc',
  'empty.txt': '',
}

const textsOf = async (warehouse: Warehouse): Promise<Map<string, Buffer>> => {
  const rows = await query<{ file: string; text: Uint8Array }>(
    warehouse,
    `select file, encode(string_agg(chunk, '' order by seq)) as text
     from chunks_clustered join openings using (destination_uri, response_id) group by file`,
  )
  return new Map(rows.map(({ file, text }) => [file, Buffer.from(text)]))
}

for (const chunkSize of [1, 7, 1024]) {
  test(`texts come into the table byte for byte, in chunks of ${chunkSize}`, async () => {
    await using dir = await tempDir()
    await mkdir(join(dir.path, 'texts'))
    const entries = Object.entries(hostile).filter(([name]) => chunkSize > 7 || name !== 'planes.txt')
    for (const [name, content] of entries) await writeFile(join(dir.path, 'texts', name), content)
    const topic = await openLog(join(dir.path, 'logs'))
    {
      await using server = await serve(await openFolder(join(dir.path, 'texts'), chunkSize), { port: 0 })
      await produce(await openHttp(server.url), topic)
    }
    const warehouse = await openWarehouse(join(dir.path, 'warehouse'))
    await consumeOnce(topic, warehouse)
    const found = await textsOf(warehouse)
    for (const [name, content] of entries) {
      assert.ok((found.get(name) ?? Buffer.alloc(0)).equals(Buffer.from(content)), `${name} differs`)
    }
  })
}

const scattered = fc.record({
  texts: fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { minLength: 1, maxLength: 5 }),
  cut: fc.integer({ min: 1, max: 9 }),
  moves: fc.array(fc.record({ by: fc.nat(60), times: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 20,
  }),
  stops: fc.array(fc.nat(40), { maxLength: 3 }),
})

/** By code units, so that pairs are cut, too. */
const pieces = (text: string, length: number) =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, i) => text.slice(i * length, (i + 1) * length))

test('whatever the order, the repeats and the restarts, each record is a row once', async () => {
  await fc.assert(
    fc.asyncProperty(scattered, async ({ texts, cut, moves, stops }) => {
      const lines = texts.flatMap((text, n) =>
        answer(
          `r${n}`,
          pieces(text.toWellFormed(), cut).map(piece => piece.toWellFormed()),
        ),
      )
      const placed = lines.flatMap((line, i) => {
        const { by, times } = moves[i % moves.length]
        return Array.from({ length: times }, (_, n) => ({ line, place: i + by * (n + 1) }))
      })
      const sent = placed.sort((a, b) => a.place - b.place).map(({ line }) => line)
      const [topic, warehouse] = [memoryTopic(), memoryWarehouse()]
      for (const [from, to] of spans(stops, sent.length)) {
        await append(topic, sent.slice(from, to))
        await consumeOnce(topic, warehouse)
      }
      const rows = await query<{ response_id: string; seq: number; chunk: string }>(
        warehouse,
        'select response_id, seq, chunk from chunks_clustered',
      )
      const table = rows.map(({ response_id, seq, chunk }) => `${response_id} ${seq} ${chunk}`).sort()
      const expected = lines
        .map(line => JSON.parse(line))
        .map(({ response_id, seq, chunk }) => `${response_id} ${seq} ${chunk}`)
      assert.deepEqual(table, expected.sort())
    }),
    { numRuns: process.env.TEXTSTREAM_LONG ? 300 : 12, endOnFailure: true },
  )
})

const spans = (stops: readonly number[], length: number): [number, number][] => {
  const at = [0, ...stops.filter(stop => stop < length).sort((a, b) => a - b), length]
  return at.slice(1).map((to, i) => [at[i], to])
}

test('names from a stream are values in SQL, whatever they hold', async () => {
  const [topic, warehouse] = [memoryTopic(), memoryWarehouse()]
  const uri = `/'"; drop table chunks_clustered; --\0\u{1f4a5}%s$1`
  await append(topic, [record({ chunk: 'x', destination_uri: uri, agent_id: `A'"$1`, response_id: "r'", seq: 0 })])
  await consumeOnce(topic, warehouse)
  await append(topic, [record({ chunk: 'x', destination_uri: uri, agent_id: `A'"$1`, response_id: "r'", seq: 0 })])
  const { repeats } = await consumeOnce(topic, warehouse)
  const rows = await query(
    warehouse,
    'select destination_uri, agent_id, response_id from documents join responses using (destination_uri)',
  )
  assert.deepEqual([repeats, rows], [1, [{ destination_uri: uri, agent_id: `A'"$1`, response_id: "r'" }]])
})

test('query writes Parquet that a query of another program reads', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-table-'))
  try {
    const input = 'What is in the table can be taken out of it.'
    await textstream(['produce', '-', '-l', 'logs', '--uri', '/a', '--agent', 'Ada'], { cwd: dir, input })
    const consumed = await textstream(['consume', '--from', 'logs', '--once', '--json'], { cwd: dir })
    assert.equal(JSON.parse(consumed.stdout).rows, 1, consumed.stderr)
    const sql = 'select chunk, agent_id from chunks_clustered'
    const { code, stderr } = await textstream(['query', sql, '--format', 'parquet', '-o', 'out.parquet'], { cwd: dir })
    assert.equal(code, 0, stderr)
    assert.equal((await readFile(join(dir, 'out.parquet'))).toString('latin1', 0, 4), 'PAR1')
    const json = await textstream(['query', sql, '--json'], { cwd: dir })
    assert.deepEqual(JSON.parse(json.stdout), [{ chunk: input, agent_id: 'Ada' }])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
