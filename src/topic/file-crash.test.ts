import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ended, kill, notesIn, startProgram, tmpfs } from '../../test/crash.ts'
import { fileTopic } from './file.ts'

const long = process.env.TEXTSTREAM_LONG !== undefined
const seed = Number(process.env.TEXTSTREAM_SEED ?? 20261123)
const hasStrace = spawnSync('strace', ['-V']).status === 0
const needsStrace = { skip: hasStrace ? false : 'needs strace', concurrency: 2 }

/** Record `i` as it must be read back. */
const recordOf = (i: number) => JSON.stringify({ i, pad: 'ä'.repeat((i * 7919) % 300) })

/**
 * Appends records from `from` on, 20 at a time, and notes in `acks` what is acknowledged. After a failure it says so
 * there, takes a new writer, appends three more, and ends. It also ends when the test does, however that ends.
 */
const appender = `import { openSync, writeSync } from 'node:fs'
process.stdin.resume().on('end', () => process.exit()).unref()
const [, url, dir, from, segmentBytesMax] = process.argv
const { fileTopic } = await import(url)
const acks = openSync(dir + '.acks', 'a')
const note = json => writeSync(acks, JSON.stringify(json) + '\\n')
const recordOf = ${recordOf.toString()}
const topic = fileTopic(dir, { segmentBytesMax: Number(segmentBytesMax) })
let writer = await topic.writer()
const append = i => writer.append('/a.md', Buffer.from(recordOf(i) + '\\n')).then(() => note({ ack: i }))
let i = Number(from)
note({ begin: i })
try {
  for (;;) await Promise.all(Array.from({ length: 20 }, () => append(i++)))
} catch (error) {
  const end = await topic.end().then(({ log }) => log ?? 0)
  await append(i).catch(again => note({ code: error.code, again: again.code, message: error.message, end }))
  await writer[Symbol.asyncDispose]()
  writer = await topic.writer()
  for (let n = 1; n <= 3; n++) await append(1000000 + n)
  await writer[Symbol.asyncDispose]()
}`

interface Note {
  readonly begin?: number
  readonly ack?: number
  readonly code?: string
  readonly again?: string
  readonly message?: string
  readonly end?: number
}

const notesOf = (dir: string) => notesIn<Note>(`${dir}.acks`)

const start = (dir: string, from: number, strace: readonly string[] = [], segmentBytesMax = 2000): ChildProcess => {
  const url = new URL('./file.ts', import.meta.url).href
  return startProgram(appender, [url, dir, String(from), String(segmentBytesMax)], strace)
}

const numbersIn = async (dir: string): Promise<{ numbers: number[]; offsets: number[] }> => {
  const numbers: number[] = []
  const offsets: number[] = []
  for await (const { entries } of fileTopic(dir).read({})) {
    for (const { line, offset } of entries) {
      const { i } = JSON.parse(Buffer.from(line).toString())
      assert.equal(Buffer.from(line).toString(), recordOf(i))
      numbers.push(i)
      offsets.push(offset)
    }
  }
  return { numbers, offsets }
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Every acknowledged record is there once, in order, and at most a few that were not acknowledged behind each crash. */
const checkLog = async (dir: string): Promise<number> => {
  const acks = notesOf(dir).flatMap(({ ack }) => (ack === undefined ? [] : [ack]))
  const { numbers } = await numbersIn(dir)
  assert.deepEqual(numbers, upTo(numbers.length))
  assert.ok(
    numbers.length > Math.max(-1, ...acks),
    `${Math.max(...acks)} was acknowledged, ${numbers.length} are there`,
  )
  return numbers.length
}

const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-crash-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** mulberry32. */
const randomOf = (state: number) => () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const beginsIn = (dir: string) => notesOf(dir).filter(({ begin }) => begin !== undefined).length

/** Started, and with the right to append. */
const startAppending = async (dir: string, from: number): Promise<ChildProcess> => {
  const begins = beginsIn(dir)
  const child = start(dir, from)
  for (let i = 0; i < 6000; i++) {
    if (beginsIn(dir) > begins) return child
    await sleep(5)
  }
  await kill(child)
  assert.fail('the child never began')
}

test(`kill -9 at any time loses and doubles nothing that was acknowledged (TEXTSTREAM_SEED=${seed})`, async t => {
  const dir = join(await tempDir(t), 'log')
  const random = randomOf(seed)
  let count = 0
  for (let round = 0; round < (long ? 300 : 8); round++) {
    const child = await startAppending(dir, count)
    await sleep(random() * 60)
    await kill(child)
    count = await checkLog(dir)
  }
  assert.ok(count > 20, 'the children had time to append')
})

const points: Readonly<Record<string, readonly number[]>> = long
  ? { write: upTo(30), fdatasync: upTo(30), fsync: upTo(30), openat: upTo(30) }
  : { write: [0, 3], fdatasync: [0, 3], fsync: [1, 2], openat: [2] }

/** A fault at the call numbered `point`, from 0; only calls that the log makes for its files count. */
const inject = (dir: string, call: string, fault: string, point: number): string[] => {
  const paths = call === 'write' ? [join(dir, '00000000000000000000.ndjson')] : call === 'openat' ? [dir] : []
  const only = paths.flatMap(path => ['-P', path])
  return [...only, '-e', `trace=${call}`, '-e', `inject=${call}:${fault}:when=${point + 1}`]
}

const startWithFault = async (dir: string, call: string, fault: string, point: number): Promise<ChildProcess> => {
  await mkdir(dir)
  return start(dir, 0, inject(dir, call, fault, point), call === 'write' ? 1_000_000 : 2000)
}

describe('kill -9 at a system call loses and doubles nothing that was acknowledged', needsStrace, () => {
  for (const [call, numbers] of Object.entries(points)) {
    for (const point of numbers) {
      test(`${call} number ${point + 1}`, async t => {
        const dir = join(await tempDir(t), 'log')
        const child = await startWithFault(dir, call, 'signal=KILL', point)
        await ended(child)
        assert.equal(child.signalCode, 'SIGKILL')
        assert.ok(
          notesOf(dir).every(({ ack }) => ack === undefined || ack < 20 * (point + 1)),
          'it was killed in time',
        )
        const count = await checkLog(dir)
        const next = await startAppending(dir, count)
        await sleep(30)
        await kill(next)
        await checkLog(dir)
      })
    }
  }
})

/** What stands in the log after a failed append: the acknowledged records and nothing else, then those of the next writer. */
const checkFailure = async (dir: string, message: RegExp) => {
  const notes = notesOf(dir)
  const failure = notes.find(({ code }) => code !== undefined)
  assert.deepEqual([failure?.code, failure?.again], ['topic/append', 'topic/append'])
  assert.match(failure!.message!, message)
  const { numbers, offsets } = await numbersIn(dir)
  assert.deepEqual(
    numbers,
    notes.flatMap(({ ack }) => (ack === undefined ? [] : [ack])),
  )
  assert.deepEqual(numbers.slice(-3), [1000001, 1000002, 1000003])
  assert.ok(offsets.at(-3)! > failure!.end!, 'offsets of rejected records are not used again')
}

const faults = [
  { name: 'no space left on device', call: 'write', fault: 'error=ENOSPC', message: /ENOSPC.*free some space/ },
  { name: 'a failing disk under a write', call: 'write', fault: 'error=EIO', message: /EIO.*check the disk/ },
  {
    name: 'a write that wrote less than it says',
    call: 'write',
    fault: 'retval=100',
    message: /\d+ bytes long instead of \d+/,
  },
  { name: 'a failing disk under a sync', call: 'fdatasync', fault: 'error=EIO', message: /EIO.*check the disk/ },
  { name: 'no space left, found at the sync', call: 'fdatasync', fault: 'error=ENOSPC', message: /ENOSPC/ },
]

describe('after a failed append nothing more is acknowledged, and the next writer goes on', needsStrace, () => {
  for (const { name, call, fault, message } of faults) {
    for (const point of long ? upTo(6) : [1]) {
      test(`${name} (${call} number ${point + 1})`, async t => {
        const dir = join(await tempDir(t), 'log')
        const child = await startWithFault(dir, call, fault, point)
        await ended(child)
        assert.equal(child.exitCode, 0)
        await checkFailure(dir, message)
      })
    }
  }
})

test('a disk that is really full costs nothing that was acknowledged', async t => {
  const disk = await tmpfs(t, '256k')
  if (disk === undefined) return t.skip('needs the right to mount a tmpfs')
  const topic = fileTopic(join(disk, 'log'))
  const writer = await topic.writer()
  let acknowledged = 0
  const filling = (async () => {
    for (let i = 0; i < 10_000; i++) {
      await writer.append('/a.md', Buffer.from(`${recordOf(i)}\n`))
      acknowledged++
    }
  })()
  await assert.rejects(filling, /append to ".*\.ndjson" at offset \d+: ENOSPC.*free some space/)
  await writer[Symbol.asyncDispose]()
  assert.deepEqual((await numbersIn(join(disk, 'log'))).numbers, upTo(acknowledged))
  execFileSync('mount', ['-o', 'remount,size=1m', disk])
  const next = await topic.writer()
  await next.append('/a.md', Buffer.from(`${recordOf(acknowledged)}\n`))
  await next[Symbol.asyncDispose]()
  assert.deepEqual((await numbersIn(join(disk, 'log'))).numbers, upTo(acknowledged + 1))
})

test('a paused writer still owns the log; a killed one does not', async t => {
  const dir = join(await tempDir(t), 'log')
  const child = await startAppending(dir, 0)
  t.after(() => kill(child))
  child.kill('SIGSTOP')
  await assert.rejects(fileTopic(dir).writer(), error => {
    const { code, message } = error as { code: string; message: string }
    return code === 'topic/locked' && message.includes(`pid ${child.pid} on "`)
  })
  await kill(child)
  await using _writer = await fileTopic(dir).writer()
})
