import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Chunk } from '../../src/chunk/chunk.ts'
import { decode, encode, isMalformed } from '../../src/chunk/codec.ts'
import { microsOf } from '../../src/chunk/event-time.ts'
import { fileNameOf } from '../../src/chunk/file-name.ts'
import { type Bytes, bytesOf, casesOf } from './cases.ts'

interface RecordCase {
  readonly name: string
  readonly line: Bytes
  readonly record?: Chunk
  readonly accepted?: true
  readonly malformed?: string
  readonly blank?: true
}

const judged = (decoded: ReturnType<typeof decode>, { accepted }: RecordCase) => {
  if (decoded === undefined) return { blank: true }
  if (isMalformed(decoded)) return decoded
  return accepted ? { accepted } : { record: decoded }
}

const expected = ({ name: _, line: __, why: ___, ...rest }: RecordCase & { why?: string }) => rest

for (const one of casesOf<RecordCase>('records.json')) {
  test(`records: ${one.name}`, () => {
    const decoded = decode(bytesOf(one.line))
    assert.deepEqual(judged(decoded, one), expected(one))
    if (decoded === undefined || isMalformed(decoded)) return
    const line = encode(decoded)
    assert.equal(line.indexOf('\n'), line.length - 1, 'encodes as one line')
    if (line.length < 1000) assert.deepEqual(decode(line), decoded, 'decode(encode(x)) = x')
  })
}

for (const { uri, file, about } of casesOf<{ uri: string; file: string; about: string }>('file-names.json')) {
  test(`file names: ${JSON.stringify(uri.slice(0, 60))} ${about}`, () => assert.equal(fileNameOf(uri), file))
}

for (const { event_time, micros } of casesOf<{ event_time: string; micros: number | null }>('event-times.json')) {
  test(`event times: ${JSON.stringify(event_time)}`, () => assert.equal(microsOf(event_time), micros ?? Number.NaN))
}
