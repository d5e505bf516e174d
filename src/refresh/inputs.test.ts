import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { openInputs } from './inputs.ts'

const line = '{"destination_uri":"/a","chunk":"x"}\n'

/** Runs `act` in a folder with these files, and a scratch folder. */
const within = async (files: Record<string, string | Buffer>, act: (dir: string, scratch: string) => Promise<void>) => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-inputs-'))
  const scratch = join(dir, '.scratch')
  try {
    mkdirSync(scratch)
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes)
    await act(dir, scratch)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const names = async (argv: string[], scratch: string) => (await openInputs(argv, scratch)).map(i => basename(i.name))

test('a folder gives its logs in byte order, and nothing else', async () => {
  const logs = ['00000000000000000000.ndjson', 'Z.jsonl', 'a.ndjson', 'b.ndjson.zst', 'logs_2025-02-25T16:53:30.txt']
  const others = ['notes.txt', '.hidden.ndjson', 'a.json', 'x.ndjson.bz2', 'malformed-1.rejected']
  const files = Object.fromEntries([...logs, ...others].map(name => [name, line]))
  await within(files, async (dir, scratch) => assert.deepEqual(await names([dir], scratch), logs))
})

test('a folder without a log is refused, and says what one is called', async () => {
  await within({ 'notes.txt': line }, async (dir, scratch) => {
    await assert.rejects(openInputs([dir], scratch), { code: 'refresh/usage', message: /no log.*\*\.ndjson/ })
  })
})

test('a file that is not there is refused by name', async () => {
  await within({}, async (dir, scratch) => {
    await assert.rejects(openInputs([join(dir, 'none')], scratch), { code: 'refresh/usage', message: /none": no such/ })
  })
})

test('a glob, a folder and a link may mean the same file: it is read once', async () => {
  await within({ 'a.ndjson': line, 'b.txt': line }, async (dir, scratch) => {
    symlinkSync(join(dir, 'a.ndjson'), join(dir, 'c.txt'))
    const argv = [join(dir, '*.ndjson'), dir, join(dir, 'c.txt'), join(dir, 'b.txt')]
    assert.deepEqual(await names(argv, scratch), ['a.ndjson', 'b.txt'])
  })
})

const packings: Record<string, Buffer> = {
  'one gzip member': gzipSync(line + line),
  'two gzip members': Buffer.concat([gzipSync(line), gzipSync(line)]),
  'one zstd frame': zstdCompressSync(line + line),
  'two zstd frames': Buffer.concat([zstdCompressSync(line), zstdCompressSync(line)]),
}

for (const [what, packed] of Object.entries(packings)) {
  test(`${what} is unpacked, whatever the file is called, and its own digest kept`, async () => {
    await within({ log: packed }, async (dir, scratch) => {
      const [input] = await openInputs([join(dir, 'log')], scratch)
      assert.deepEqual(
        { text: readFileSync(input.path, 'utf8'), size: input.size, packed: input.packed },
        { text: line + line, size: 2 * line.length, packed: { bytes: packed.length, sha256: hash('sha256', packed) } },
      )
    })
  })
}

for (const [what, packed] of [
  ['gzip', gzipSync(line.repeat(1000))],
  ['zstd', zstdCompressSync(line.repeat(1000))],
] as const) {
  test(`a ${what} file that was cut short is an error that names it`, async () => {
    await within({ log: packed.subarray(0, packed.length - 9) }, async (dir, scratch) => {
      await assert.rejects(openInputs([join(dir, 'log')], scratch), {
        code: 'refresh/unpack',
        message: /log".*damaged/,
      })
    })
  })
}

test('an empty file is an input without lines', async () => {
  await within({ 'a.ndjson': '' }, async (dir, scratch) => {
    const [{ size }] = await openInputs([dir], scratch)
    assert.equal(size, 0)
  })
})
