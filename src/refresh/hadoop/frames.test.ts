import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { tempDir } from '../../../test/system/textstream.ts'
import { type Frame, FrameReader, FrameWriter } from './frames.ts'

/** Around the reader's megabyte, below it, and far beyond. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.integer({ min: 2 ** 20 - 20, max: 2 ** 20 + 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 ** 19, max: 2 ** 22 }) },
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

const same = (a: Frame | undefined, b: Frame | undefined) =>
  a?.key.equals(b?.key ?? Buffer.of(1, 2, 3)) && a.value.equals(b!.value)

test('frames come back as they were written, each there until the second one behind it is read', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'frames')
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.boolean()), (given, peeks) => {
      const frames = framesOf(given)
      writeTo(path, frames)
      const fd = openSync(path, 'r')
      try {
        const reader = new FrameReader(fd)
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
      } finally {
        closeSync(fd)
      }
    }),
    { numRuns: 60 },
  )
})

test('an input that ends within a frame, or is none of Hadoop’s, is an error', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'frames')
  writeTo(path, framesOf([[3, 5]]))
  const whole = readFileSync(path)
  const readAll = () => {
    const fd = openSync(path, 'r')
    try {
      const reader = new FrameReader(fd)
      while (reader.next() !== undefined);
    } finally {
      closeSync(fd)
    }
  }
  for (let length = 1; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length))
    assert.throws(readAll, /ends within a record/)
  }
  writeFileSync(path, 'this is text')
  assert.throws(readAll, /none of Hadoop's/)
})
