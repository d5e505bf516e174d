import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'textstream-verify-cli-'))
after(() => rmSync(dir, { recursive: true }))

const textstream = (...argv: string[]) => {
  const options = ['--disable-warning=ExperimentalWarning', main, ...argv]
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { cwd: dir, encoding: 'utf8' })
  return { status, stdout: stdout.trimEnd().split('\n'), stderr }
}

before(() => {
  mkdirSync(join(dir, 'logs'))
  mkdirSync(join(dir, 'texts'))
  writeFileSync(join(dir, 'texts', 'a.txt'), 'hello')
  writeFileSync(join(dir, 'logs', 'a.ndjson'), '{"chunk":"hello","destination_uri":"/a"}\n')
  assert.equal(textstream('refresh', 'logs', '-r', 'inline').status, 0)
})

test('says proven, line by line, and exits 0', () => {
  assert.deepEqual(textstream('verify', 'refresh', '--against', 'texts'), {
    status: 0,
    stdout: [
      'files      as the receipt says: 1 document, 5 bytes',
      'log        as it was read: 1 input',
      'originals  the same, byte for byte: 1 document, 1 original',
      'proven',
    ],
    stderr: '',
  })
})

test('says what was not checked', () => {
  const { status, stdout } = textstream('verify', 'refresh')
  assert.equal(status, 0)
  assert.equal(stdout[2], 'originals  not checked; give --against DIR')
})

test('names what differs without its control characters, and exits 1', () => {
  writeFileSync(join(dir, 'texts', 'b\u001b[31m.txt'), 'uncaptured')
  const { status, stdout } = textstream('verify', 'refresh', '--against', 'texts')
  rmSync(join(dir, 'texts', 'b\u001b[31m.txt'))
  assert.equal(status, 1)
  assert.deepEqual(stdout.slice(2), [
    'originals  NOT the same: 1 document, 2 originals',
    '  "b␛[31m.txt" has no document with its bytes',
    'differs: 1 finding',
  ])
})

test('--log names where the log is now, and fails where it is not', () => {
  mkdirSync(join(dir, 'elsewhere'))
  assert.equal(textstream('verify', 'refresh', '--log', 'logs').status, 0)
  assert.equal(textstream('verify', 'refresh', '--log', 'logs/a.ndjson').status, 0)
  assert.equal(textstream('verify', 'refresh', '--log', 'elsewhere').status, 1)
})

test('--json prints one line of JSON', () => {
  const { status, stdout } = textstream('verify', 'refresh', '--json')
  assert.deepEqual([status, stdout.length, JSON.parse(stdout[0]).verdict], [0, 1, 'proven'])
})

test('wrong usage exits 2', () => {
  for (const argv of [
    [],
    ['nowhere'],
    ['refresh', '--against', 'nowhere'],
    ['refresh', '--log', 'nowhere'],
    ['refresh', '--no'],
  ]) {
    const { status, stderr } = textstream('verify', ...argv)
    assert.equal(status, 2, argv.join(' '))
    assert.match(stderr, /^textstream: /)
  }
})

test('a document that was changed exits 1', () => {
  appendFileSync(join(dir, 'refresh', 'a.txt'), '!')
  const { status, stdout } = textstream('verify', 'refresh')
  assert.equal(status, 1)
  assert.deepEqual(
    [stdout[0], stdout.at(-2), stdout.at(-1)],
    ['files      NOT as the receipt says: 1 document, 6 bytes', '  "a.txt" has 6 bytes, not 5', 'differs: 1 finding'],
  )
})
