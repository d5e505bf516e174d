import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, hash } from 'node:crypto'
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

const long = process.env.TEXTSTREAM_LONG !== undefined
/** Logs of over 1 GB are read in slices of 16 MiB, and each thread's are kept for a while after they are done with. */
const peakBytesMax = (long ? 400 : 300) * 1024 * 1024

/** Stripping types takes 30 MB a thread; as for a user, it is done once and for all. */
const compileCache = mkdtempSync(join(tmpdir(), 'textstream-compile-'))
/** Runs a refresh in a process of its own; gives what it counted and its peak of resident memory in bytes. */
const program = `
const [, root, runner, log, out] = process.argv
const { refresh } = await import(root + '/refresh.ts')
const { readFileSync } = await import('node:fs')
const { openRunner } = await import(root + '/../pipeline.ts')
const { counters } = await refresh(await openRunner(runner), { inputs: [log], out, threads: 2, version: 'test', clock: () => 0 })
// Not from getrusage: there a process begins with the peak of the one that started it.
const peakBytes = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
console.log(JSON.stringify({ counters, peakBytes }))`

const run = async (runner: string, log: string, out: string) => {
  const flags = [
    '--disable-warning=ExperimentalWarning',
    '--max-semi-space-size=4',
    '--input-type=module',
    '-e',
    program,
  ]
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache }
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, import.meta.dirname, runner, log, out], {
    env,
  })
  return JSON.parse(stdout)
}

const withDir = async (act: (dir: string) => Promise<void>) => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-bounded-'))
  try {
    await act(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const chunkOf = (seq: number, size: number) => `${seq}:`.padEnd(size, 'xyz ')

/** One document, its records in a scrambled order; gives the digest of its text. */
const writeScrambled = (path: string, records: number, size: number, repeats: boolean): string => {
  const file = openSync(path, 'w')
  const stride = 7919
  for (let i = 0; i < records; i++) {
    const seq = (i * stride) % records
    const line = `${JSON.stringify({ chunk: chunkOf(seq, size), destination_uri: '/d', response_id: 'r', seq })}\n`
    writeSync(file, repeats && i % 1000 === 0 ? line + line : line)
  }
  const digest = createHash('sha256')
  for (let seq = 0; seq < records; seq++) digest.update(chunkOf(seq, size))
  return digest.digest('hex')
}

before(() =>
  withDir(async dir => {
    const log = join(dir, 'log.ndjson')
    writeScrambled(log, 30_000, 1000, true)
    for (const runner of ['inline', 'local']) await run(runner, log, join(dir, 'out'))
  }),
)
after(() => rmSync(compileCache, { recursive: true, force: true }))

const records = long ? 1_200_000 : 40_000

for (const [runner, repeats] of [
  ['inline', true],
  ['local', true],
  ['local', false],
] as const) {
  const what = `one long document in a scrambled order${repeats ? ', with repeats' : ''}`
  test(`${runner} rebuilds ${what}, in bounded memory`, async () => {
    await withDir(async dir => {
      const log = join(dir, 'log.ndjson')
      const expected = writeScrambled(log, records, 1000, repeats)
      const { counters, peakBytes } = await run(runner, log, join(dir, 'out'))
      const got = hash('sha256', readFileSync(join(dir, 'out', 'd.txt')))
      assert.deepEqual(
        { got, repeats: counters.repeats, records: counters.chunks },
        { got: expected, repeats: repeats ? records / 1000 : 0, records },
      )
      assert.ok(peakBytes < peakBytesMax, `peak ${peakBytes}`)
    })
  })
}

for (const runner of ['inline', 'local']) {
  test(`${runner} sets a line of 100 MB aside, in bounded memory, and reads on`, async () => {
    await withDir(async dir => {
      const log = join(dir, 'log.ndjson')
      const file = openSync(log, 'w')
      const good = (i: number) => `{"destination_uri":"/a","chunk":"${i}","event_time":"2026-01-01T00:00:0${i}Z"}\n`
      writeSync(file, good(0))
      for (let i = 0; i < 100; i++) writeSync(file, '"'.repeat(1_000_000))
      writeSync(file, `\n${good(1)}`)
      const { counters, peakBytes } = await run(runner, log, join(dir, 'out'))
      const { lines, malformed, records } = counters
      assert.deepEqual(
        { lines, malformed, records, text: readFileSync(join(dir, 'out', 'a.txt'), 'utf8') },
        { lines: 3, malformed: 1, records: 2, text: '01' },
      )
      assert.ok(peakBytes < peakBytesMax, `peak ${peakBytes}`)
    })
  })
}
