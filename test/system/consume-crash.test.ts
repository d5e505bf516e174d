import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { encode } from '../../src/chunk/codec.ts'
import { openWarehouse } from '../../src/pipeline.ts'
import { bin, plainEnvironment, tempDir, textstream } from './textstream.ts'

const kills = process.env.TEXTSTREAM_LONG === '1' ? 60 : 8
const answers = 40
const words = 'the tide turned and the harbour was empty but for gulls on the mooring posts and rope'.split(' ')

/** Answers side by side, each record of which says who it is. */
const logLines = (): string[] => {
  const lines: string[] = []
  for (let seq = 0; seq < 500; seq++) {
    for (let n = 0; n < answers; n++) {
      const chunk = `${words[(seq * 7 + n) % words.length]} ${n}.${seq} `
      const event_time = new Date(1.764e12 + seq * 1000 + n).toISOString()
      lines.push(
        encode({
          chunk,
          agent_id: `Agent_${n}`,
          destination_uri: `/${n}.md`,
          event_time,
          response_id: `r${n}`,
          seq,
        }).toString(),
      )
    }
  }
  return lines
}

const rowsIn = async (dir: string, sql: string): Promise<unknown[][]> => {
  await using result = await (await openWarehouse(dir)).query(sql)
  const rows: unknown[][] = []
  for await (const some of result.rows) rows.push(...some.map(row => [...row]))
  return rows
}

const growMs = 5

/** Runs it while the log grows, until `ms` have gone; then ends it as a power cut would. Gives how many lines there are. */
const consumeAndKill = async (cwd: string, lines: readonly string[], from: number, ms: number): Promise<number> => {
  const args = ['consume', '--from', 'logs', '--warehouse', 'w']
  const child = spawn(bin, args, { cwd, env: plainEnvironment(), stdio: 'ignore', detached: true })
  const end = performance.now() + ms
  let to = from
  for (; performance.now() < end; to += answers) {
    await appendFile(join(cwd, 'logs', 'a.ndjson'), lines.slice(to, to + answers).join(''))
    await sleep(growMs)
  }
  process.kill(-child.pid!, 'SIGKILL')
  await once(child, 'close')
  return Math.min(to, lines.length)
}

const msFrom = 300
const msTo = 1500

test('killed again and again while the log grows, consume leaves every record in the table once, with its text', async () => {
  await using dir = await tempDir()
  const lines = logLines()
  await mkdir(join(dir.path, 'logs'))
  let written = 0
  for (let kill = 0; kill < kills; kill++) {
    written = await consumeAndKill(dir.path, lines, written, msFrom + ((kill * 677) % (msTo - msFrom)))
  }
  const { code, stderr } = await textstream(['consume', '--from', 'logs', '--warehouse', 'w', '--once'], {
    cwd: dir.path,
  })
  assert.equal(code, 0, stderr)
  const warehouse = join(dir.path, 'w')
  const [[rows, keys, texts, unclustered]] = await rowsIn(
    warehouse,
    `select count(*), count(distinct (response_id, seq)),
       count(*) filter (chunk like '% ' || substr(response_id, 2) || '.' || seq || ' '),
       count(*) filter (cluster is null and seq > 20)
     from chunks_clustered`,
  )
  assert.deepEqual({ rows, keys, texts, unclustered }, { rows: written, keys: written, texts: written, unclustered: 0 })
  assert.ok((await readdir(join(warehouse, 'chunks_clustered'))).length > 0)
})

test('a second consumer of a warehouse is refused, and says who has it', async () => {
  await using dir = await tempDir()
  await textstream(['produce', '-', '-l', 'logs', '--uri', '/a'], { cwd: dir.path, input: 'some text' })
  const first = spawn(bin, ['consume', '--from', 'logs'], { cwd: dir.path, env: plainEnvironment(), stdio: 'ignore' })
  try {
    const there = async () =>
      (await (await openWarehouse(join(dir.path, 'warehouse'))).committed().catch(() => undefined)) !== undefined
    while (!(await there())) await sleep(20)
    const { code, stderr } = await textstream(['consume', '--from', 'logs', '--once'], { cwd: dir.path })
    assert.equal(code, 1)
    assert.match(stderr, /held by pid \d+/)
  } finally {
    first.kill('SIGINT')
    const [code] = await once(first, 'close')
    assert.equal(code, 130)
  }
})
