import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { oracle } from '../../test/oracle.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { decode, encode } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { isoMicros } from '../std/clock.ts'
import type { ChunkPage } from './api.ts'
import { ownUp, until } from './testing.ts'

const up = await ownUp()
after(() => up[Symbol.asyncDispose]())

const start = microsOf('2026-11-23T08:00:00Z')
let documents = 0

/** Mostly as agents write: each answer in its order, with times that grow. */
const records: fc.Arbitrary<Chunk[]> = fc
  .array(
    fc.record({
      chunk: fc.constantFrom('a', 'bc', 'é', '\ud83d', '\ude00', ''),
      response_id: fc.constantFrom('r', 's', ''),
      gap: fc.nat(1_000_000),
      isSwapped: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map(drawn => {
    const next = new Map<string, number>()
    let micros = start
    return drawn.map(({ chunk, response_id, gap, isSwapped }) => {
      const seq = next.get(response_id) ?? 0
      next.set(response_id, seq + 1)
      micros += gap
      return {
        chunk,
        destination_uri: '',
        agent_id: 'A',
        ...(response_id !== '' && { response_id, seq: isSwapped ? seq + 1 : seq }),
        event_time: isoMicros(micros),
      }
    })
  })

const textAt = async (uri: string, at: number) => up.text(`/documents/text?uri=${uri}&at=${at}`)

const check = async (drawn: readonly Chunk[], moments: readonly number[]) => {
  const uri = `/moment-${documents++}.md`
  const given = drawn.map(record => decode(encode({ ...record, destination_uri: uri })) as Chunk)
  const times = given.map(({ event_time }) => microsOf(event_time!))
  await up.post(Buffer.concat(given.map(encode)))
  await until(
    () => up.get(`/documents/text?uri=${uri}`),
    ({ status }) => status === 200,
  )
  for (const part of moments) {
    const at = start + Math.floor(part * (Math.max(...times) - start + 2))
    const prefix = given.filter((_, i) => times[i] <= at)
    const expected = prefix.length === 0 ? '' : oracle(prefix)[0].content.toString()
    assert.equal(await textAt(uri, at), expected, `at ${at}`)
    const page = await up.json<ChunkPage>(`/documents/chunks?uri=${uri}&at=${at}`)
    assert.equal(page.units, expected.length)
  }
}

test('a text as it was at a time is what a refresh of the records up to then writes', async () => {
  const moment = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 })
  await fc.assert(fc.asyncProperty(records, moment, check), { numRuns: 40, endOnFailure: true })
})
