import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir, textstream } from './textstream.ts'

const record = (fields: object) => `${JSON.stringify(fields)}\n`
const whole = record({ chunk: 'x', destination_uri: '/whole', event_time: '2026-01-01T00:00:00Z' })
const open = record({ chunk: 'x', destination_uri: '/open\u001b[31m', response_id: 'r', seq: 0 })
const gap = record({ chunk: 'x', destination_uri: '/gap', response_id: 'r', seq: 2 })

/** Refreshes a log of these lines; gives the exit code and what was said. */
const refresh = async (log: string, ...flags: string[]) => {
  await using dir = await tempDir()
  writeFileSync(join(dir.path, 'log.ndjson'), log)
  const ran = await textstream(['refresh', 'log.ndjson', ...flags], { cwd: dir.path })
  return { ...ran, receipt: () => JSON.parse(ran.stdout) }
}

const exitCodes: readonly (readonly [string, string, readonly string[], number])[] = [
  ['all is well', whole, [], 0],
  ['a document is open', open, [], 0],
  ['a line is malformed', `rubbish\n${whole}`, [], 3],
  ['a line is malformed, and one may be', `rubbish\n${whole}`, ['--malformed-max', '1'], 0],
  ['a document is incomplete', gap, [], 3],
  ['a document is incomplete, and may be', gap, ['--allow-incomplete'], 0],
  ['the last line is not yet whole', `${whole}{"chu`, [], 0],
  ['the log is empty', '', [], 0],
  ['a flag is none', whole, ['--bogus'], 2],
  ['a number is none', whole, ['--malformed-max', 'many'], 2],
]

for (const [when, log, flags, expected] of exitCodes) {
  test(`exits with ${expected} when ${when}`, async () => {
    const { code, stderr } = await refresh(log, ...flags)
    assert.equal(code, expected, stderr)
  })
}

test('names what a person may have to look at, and nothing of it is a terminal escape', async () => {
  const { stderr } = await refresh(`rubbish\n${open}${gap}`)
  assert.match(stderr, /incomplete: \/gap: gap \(2 records missing\)/)
  assert.match(stderr, /open: \/open␛\[31m/)
  assert.match(stderr, /malformed: log\.ndjson at byte 0: not JSON/)
  assert.doesNotMatch(stderr, /\u001b/)
})

test('the receipt on standard output is the one in the folder', async () => {
  await using dir = await tempDir()
  writeFileSync(join(dir.path, 'log.ndjson'), whole)
  const { stdout } = await textstream(['refresh', 'log.ndjson', '--json'], { cwd: dir.path })
  const receipt = JSON.parse(readFileSync(join(dir.path, 'refresh', '_receipt.json'), 'utf8'))
  assert.deepEqual(JSON.parse(stdout), receipt)
})

for (const threads of ['1', '2', '9']) {
  test(`reads standard input, with --threads ${threads}`, async () => {
    await using dir = await tempDir()
    const ran = await textstream(['refresh', '-', '-o', 'out', '--threads', threads], { cwd: dir.path, input: whole })
    assert.deepEqual(
      { code: ran.code, text: readFileSync(join(dir.path, 'out', 'whole.txt'), 'utf8') },
      { code: 0, text: 'x' },
    )
  })
}
