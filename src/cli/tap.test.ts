import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileTopic } from '../topic/file.ts'

const main = join(import.meta.dirname, 'main.ts')

const tap = (...argv: string[]) =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'tap', ...argv], {
    env: { ...process.env, FORCE_COLOR: undefined },
  })

const run = async (...argv: string[]) => {
  const child = tap(...argv)
  const [out, err, [exit]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { out, err, exit }
}

const record = (chunk: string, agent_id: string, destination_uri: string) =>
  JSON.stringify({ chunk, agent_id, destination_uri, event_time: '2026-01-02T03:04:05.000006Z' })

const lines = [
  record('one\ntwo', 'A', '/a'),
  record('\x1b[31mred\u202e', 'B', '/b'),
  'rub\x07bish',
  record('three', 'A', '/b'),
]

const logOf = async (t: TestContext, content: readonly string[]) => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-tap-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const topic = fileTopic(dir)
  await append(dir, content)
  return { dir, topic }
}

const append = async (dir: string, content: readonly string[]) => {
  await using writer = await fileTopic(dir).writer()
  await writer.append('/any', Buffer.from(content.map(line => `${line}\n`).join('')))
}

test('shows records in lines that are harmless on a terminal, and malformed ones on the side', async t => {
  const { dir } = await logOf(t, lines)
  const { out, err, exit } = await run('--from', dir, '--once')
  assert.equal(exit, 0)
  assert.equal(
    out,
    [
      '2026-01-02T03:04:05.000006Z  A  /a  one⏎two\n',
      '2026-01-02T03:04:05.000006Z  B  /b  ␛[31mred<U+202E>\n',
      '2026-01-02T03:04:05.000006Z  A  /b  three\n',
    ].join(''),
  )
  assert.match(err, /malformed \(log \d+\): not JSON: rub␇bish\n/)
})

test('picks by agent, document and number, and gives the lines as they are', async t => {
  const { dir } = await logOf(t, lines)
  const cases: [argv: string[], expected: string[]][] = [
    [
      ['--agent', 'A'],
      [lines[0], lines[3]],
    ],
    [
      ['--uri', '/b'],
      [lines[1], lines[3]],
    ],
    [
      ['--limit', '2'],
      [lines[0], lines[1]],
    ],
    [['--agent', 'C'], []],
  ]
  for (const [argv, expected] of cases) {
    const { out } = await run('--from', dir, '--once', '--json', ...argv)
    assert.equal(out, expected.map(line => `${line}\n`).join(''))
  }
})

test('follows the log until it is interrupted', async t => {
  const { dir } = await logOf(t, [lines[0]])
  const child = tap('--from', dir, '--json')
  const closed = once(child, 'close')
  const shown = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await shown.next()).value, lines[0])
  await append(dir, [lines[3]])
  assert.equal((await shown.next()).value, lines[3])
  child.kill('SIGINT')
  assert.deepEqual(await closed, [130, null])
})

test('ends quietly when its reader goes away', async t => {
  const { dir } = await logOf(
    t,
    Array.from({ length: 20_000 }, () => lines[0]),
  )
  const child = tap('--from', dir, '--json')
  const [err, closed] = [text(child.stderr), once(child, 'close')]
  await once(child.stdout, 'data')
  child.stdout.destroy()
  assert.deepEqual([await closed, await err], [[0, null], ''])
})
