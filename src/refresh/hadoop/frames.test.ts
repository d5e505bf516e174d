import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { tempDir } from '../../../test/system/textstream.ts'
import { type Frame, FrameReader, FrameWriter, type Read, readingFrom } from './frames.ts'

/** Around the reader's megabyte, below it, and far beyond. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.integer({ min: 2 ** 20 - 20, max: 2 ** 20 + 20 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2 ** 19, max: 2 ** 22 }) },
)
const sizes = fc.array(fc.tuple(fc.nat(40), size), { maxLength: 12 })

const framesOf = (given: readonly (readonly [number, number])[]): Frame[] =>
  given.map(([key, value], n) => ({ key: Buffer.alloc(key, n + 1), value: Buffer.alloc(value, n + 65) }))

const writeTo = (path: string, frames: readonly Frame[]) => {
  const fd = openSync(path, 'w')
  const writer = new FrameWriter(fd)
  for (const { key, value } of frames) writer.write(key, value)
  writer.flush()
  closeSync(fd)
}

const same = (a: Frame | undefined, b: Frame) => a?.key.equals(b.key) && a.value.equals(b.value)

/** As pipes do, it gives less than it is asked for: often what was written at once. */
const readingParts = (bytes: Buffer, parts: Iterator<number>): Read => {
  let from = 0
  let part = 0
  return (into, at, length) => {
    if (part === 0) part = parts.next().value ?? length
    const got = bytes.copy(into, at, from, from + Math.min(length, part))
    from += got
    part -= got
    return got
  }
}

/** Each frame on its own, or parts of any size. */
const partsFor = (frames: readonly Frame[]) => {
  const whole = frames.map(({ key, value }) => 8 + key.length + value.length)
  const inFrames = fc.constant(whole).map((all): Iterator<number> => all.values())
  const any: fc.Arbitrary<Iterator<number>> = fc.infiniteStream(
    fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(300_000)),
  )
  return fc.oneof(inFrames, any)
}

test('frames come back as they were written, each there until the second one behind it is read', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'frames')
  const given = sizes.map(framesOf).chain(frames => fc.tuple(fc.constant(frames), partsFor(frames)))
  fc.assert(
    fc.property(given, fc.infiniteStream(fc.boolean()), ([frames, parts], peeks) => {
      writeTo(path, frames)
      const reader = new FrameReader(readingParts(readFileSync(path), parts))
      let before: Frame | undefined
      for (const [n, frame] of frames.entries()) {
        if (peeks.next().value) assert.ok(same(reader.peek(), frame))
        const got = reader.next()
        assert.ok(same(got, frame), `frame ${n}`)
        if (n > 0) assert.ok(same(before, frames[n - 1]), `frame ${n - 1} after ${n}`)
        before = got
      }
      assert.equal(reader.peek(), undefined)
      assert.equal(reader.next(), undefined)
    }),
    { numRuns: 100 },
  )
})

test('an input that ends within a frame, or is none of Hadoop’s, is an error', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'frames')
  writeTo(path, framesOf([[3, 5]]))
  const whole = readFileSync(path)
  const readAll = (bytes: Buffer) => {
    const reader = new FrameReader(readingParts(bytes, fc.sample(fc.constant(9), 99).values()))
    while (reader.next() !== undefined);
  }
  for (let length = 1; length < whole.length; length++) {
    assert.throws(() => readAll(whole.subarray(0, length)), /ends within a record/)
  }
  assert.throws(() => readAll(Buffer.from('this is text')), /none of Hadoop's/)
})

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants

test('where pipes do not block, reader and writer wait', async () => {
  await using dir = await tempDir()
  const [pipe, file] = ['pipe', 'file'].map(name => join(dir.path, name))
  const frames = framesOf([
    [3, 500_000],
    [4, 0],
  ])
  execFileSync('mkfifo', [pipe])
  const [from, into] = [openSync(pipe, O_RDONLY | O_NONBLOCK), openSync(pipe, O_WRONLY | O_NONBLOCK)]
  try {
    const taker = spawn('sh', ['-c', 'sleep 0.2; head -c 500023 "$1" > "$2"', 'sh', pipe, file])
    const taken = once(taker, 'close')
    const writer = new FrameWriter(into)
    for (const { key, value } of frames) writer.write(key, value)
    writer.flush()
    await taken
    writeFileSync(`${file}.2`, readFileSync(file))
    spawn('sh', ['-c', 'sleep 0.2; cat "$2" > "$1"', 'sh', pipe, `${file}.2`])
    const reader = new FrameReader(readingFrom(from))
    for (const frame of frames) assert.ok(same(reader.next(), frame))
  } finally {
    closeSync(from)
    closeSync(into)
  }
})
