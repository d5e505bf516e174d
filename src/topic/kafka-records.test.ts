import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { compatibilityPartitioner, compressionsAlgorithms, crc32c, createRecordsBatch } from '@platformatic/kafka'
import fc from 'fast-check'
import { RecordBatch } from './kafka-batch.ts'
import { partitionOf } from './kafka-partitions.ts'
import { AbortedFilter, batchesOf, entriesOf, type PackedBatch } from './kafka-records.ts'

const runs = (numRuns: number) => ({ numRuns: process.env.TEXTSTREAM_LONG === undefined ? numRuns : 20 * numRuns })
const identity = { id: 4711n, epoch: 3 }
const everything = [0, Number.POSITIVE_INFINITY] as const

const linesOf = (batch: PackedBatch, from: number, until: number) =>
  entriesOf(batch, from, until).map(({ offset, next, line }) => {
    assert.equal(next, offset + 1)
    return [offset, Buffer.from(line).toString('latin1')]
  })

/** As a broker hands it out: with the offset of its first record. */
const placed = (bytes: Buffer, offset: number): PackedBatch => {
  bytes.writeBigInt64BE(BigInt(offset), 0)
  const [batch] = batchesOf(bytes)
  return batch
}

const packed = async (lines: readonly string[], offset = 0, key = '/a.md') => {
  const batch = new RecordBatch(2 ** 30)
  const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1')
  assert.equal(batch.add(Buffer.from(key), bytes, 0, 1_700_000_000_000), bytes.length)
  return placed(await batch.finish(identity, 7), offset)
}

const line = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map(n => String.fromCharCode(n === 10 ? 0 : n)),
  maxLength: 300,
})

test('lines come out of a batch as they went in, with their offsets', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 300 }),
      fc.nat({ max: 2 ** 40 }),
      async (lines, offset) => {
        const batch = await packed(lines, offset)
        assert.deepEqual(
          linesOf(batch, ...everything),
          lines.map((one, i) => [offset + i, one]),
        )
        assert.equal(batch.next, offset + lines.length)
      },
    ),
    runs(50),
  )
})

test('only the offsets that are asked for come out', async () => {
  const batch = await packed(['a', 'b', 'c', 'd'], 100)
  assert.deepEqual(linesOf(batch, 101, 103), [
    [101, 'b'],
    [102, 'c'],
  ])
})

test('a batch takes lines up to its limit, and at least one', () => {
  const batch = new RecordBatch(1000)
  const lines = Buffer.from(`${'x'.repeat(5000)}\n${'y'.repeat(100)}\n`)
  assert.equal(batch.add(Buffer.from('k'), lines, 0, 0), 5001)
  assert.equal(batch.add(Buffer.from('k'), lines, 5001, 0), 5001)
  assert.equal(batch.records, 1)
  batch.clear()
  assert.equal(batch.add(Buffer.from('k'), lines, 5001, 0), 5102)
})

/** What other clients write: null values, no keys, headers, line ends, any compression. */
const foreign = (values: readonly (string | null)[], compression: string): PackedBatch => {
  const messages = values.map((value, i) => ({
    topic: 't',
    key: i % 2 === 0 ? undefined : Buffer.from('key'),
    value: value === null ? null : Buffer.from(value, 'latin1'),
    headers: new Map(i % 3 === 0 ? [[Buffer.from('h'), Buffer.from('v\n')]] : []),
    timestamp: BigInt(1_700_000_000_000 + i * 1000),
  }))
  return placed(Buffer.from(createRecordsBatch(messages as never, { compression } as never).buffer), 50)
}

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`reads what others write with ${compression}`, () => {
    const values = [
      '{"chunk":"a"}',
      null,
      '',
      '{\n  "chunk": "b"\n}\n',
      'x\ny',
      ...Array.from({ length: 200 }, (_, i) => `${i}`),
    ]
    const expected = values.map((value, i) => [50 + i, (value ?? 'null').replaceAll('\n', '\r')])
    assert.deepEqual(linesOf(foreign(values, compression), ...everything), expected)
  })
}

test('a line end within a JSON text stays a fault, one between its parts stays nothing', () => {
  const [[, inside], [, between]] = linesOf(foreign(['{"chunk":"a\nb"}', '{\n"chunk":"ab"\n}'], 'none'), ...everything)
  assert.throws(() => JSON.parse(inside as string))
  assert.deepEqual(JSON.parse(between as string), { chunk: 'ab' })
})

test('a batch that is damaged anywhere is refused, or was not damaged where it matters', async () => {
  const lines = ['{"chunk":"a"}', '{"chunk":"b"}', 'c'.repeat(50)]
  const good = (await packed(lines, 5)).bytes
  for (let at = 16; at < good.length; at++) {
    const bytes = Buffer.from(good)
    bytes[at] ^= 1 << (at % 8)
    const [batch] = batchesOf(bytes)
    assert.throws(() => linesOf(batch, ...everything), `byte ${at}`)
  }
})

test('whatever a broker sends, nothing worse than an error comes of it', () => {
  const bytes = fc.uint8Array({ minLength: 62, maxLength: 400 }).map(array => Buffer.from(array))
  const property = fc.property(bytes, fc.constantFrom(0, 1, 2, 3, 4), (random, compression) => {
    random.writeInt32BE(random.length - 12, 8)
    random.writeInt8(2, 16)
    random.writeInt16BE(compression, 21)
    random.writeUInt32BE(crc32c(random.subarray(21)), 17)
    const [batch] = batchesOf(random)
    try {
      linesOf(batch, ...everything)
    } catch (thrown) {
      assert.ok(thrown instanceof Error && !(thrown instanceof assert.AssertionError))
    }
  })
  fc.assert(property, runs(500))
})

test('a batch that unpacks to more than is allowed is refused', () => {
  const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024), { level: 1 })
  const head = foreign(['x'], 'none').bytes.subarray(0, 61)
  const bytes = Buffer.concat([head, bomb])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(1, 21)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  assert.throws(() => linesOf(batchesOf(bytes)[0], ...everything), /cannot be unpacked/)
})

test('the last batch of an answer may be cut off', async () => {
  const [one, other] = [(await packed(['a'], 0)).bytes, (await packed(['b'], 1)).bytes]
  const both = Buffer.concat([one, other])
  for (let length = 0; length <= both.length; length++) {
    const whole = length < one.length ? 0 : length < both.length ? 1 : 2
    assert.equal(batchesOf(both.subarray(0, length)).length, whole)
  }
})

const transactional = 1 << 4
const control = 1 << 5

const marked = (attributes: number, producer: bigint, first: number, body = Buffer.alloc(0)): PackedBatch => {
  const bytes = Buffer.concat([Buffer.alloc(61), body])
  bytes.writeInt16BE(attributes, 21)
  bytes.writeBigInt64BE(producer, 43)
  return { bytes, first, next: first + 1 }
}

/** Length, attributes, time, offset, then a key of four bytes: version and kind. */
const marker = (producer: bigint, first: number, kind: number) =>
  marked(transactional | control, producer, first, Buffer.from([20, 0, 0, 0, 8, 0, 0, 0, kind, 1, 0]))

test('what a transaction gave up is left out, and nothing else', () => {
  const filter = new AbortedFilter([
    { producerId: 1n, first: 2 },
    { producerId: 1n, first: 8 },
  ])
  const batches: readonly (readonly [PackedBatch, boolean])[] = [
    [marked(transactional, 1n, 0), true],
    [marker(1n, 1, 1), false],
    [marked(transactional, 1n, 2), false],
    [marked(transactional, 2n, 3), true],
    [marked(0, 1n, 4), true],
    [marker(1n, 5, 0), false],
    [marked(transactional, 1n, 6), true],
    [marker(1n, 7, 1), false],
    [marked(transactional, 1n, 8), false],
  ]
  assert.deepEqual(
    batches.map(([batch]) => filter.takes(batch)),
    batches.map(([, takes]) => takes),
  )
})

test('documents lie in the partitions in which other producers put them', () => {
  const property = fc.property(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.integer({ min: 1, max: 100 }),
    (uri, n) => {
      const key = Buffer.from(uri)
      assert.equal(partitionOf(key, n), compatibilityPartitioner(undefined as never, key) % n)
    },
  )
  fc.assert(property, runs(500))
})

test('the library has the compressions that we leave to it', () => {
  for (const name of ['snappy', 'lz4'] as const) assert.ok(compressionsAlgorithms[name].available)
})
