import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamError } from '../std/error.ts'
import type { QueryResult } from '../warehouse/warehouse.ts'
import { Gate, GatedTables, type Kind, type Lender } from './gate.ts'

const codeOf = (thrown: unknown) => (thrown instanceof StreamError ? thrown.code : thrown)
/** Its turn, or the code with which it was refused. */
const asked = (gate: Gate, kind: Kind, signal?: AbortSignal) => gate.turn(kind, signal).catch(codeOf)
const take = async (gate: Gate, kind: Kind) => (await gate.turn(kind))[Symbol.dispose]
const isPending = async (promise: Promise<unknown>) =>
  (await Promise.race([promise, sleep(5, 'pending')])) === 'pending'

test('three run at once, two of a kind, and people beyond that are refused', async () => {
  const gate = new Gate()
  await take(gate, 'people')
  const end = await take(gate, 'people')
  assert.equal(await asked(gate, 'people'), 'web/busy')
  await take(gate, 'page')
  assert.ok(await isPending(asked(gate, 'page')))
  end()
  assert.equal(await asked(gate, 'people'), 'web/busy', 'the turn that came free is of who waited')
})

test('the page never takes the last turn of people', async () => {
  const gate = new Gate()
  await take(gate, 'page')
  await take(gate, 'page')
  assert.ok(await isPending(asked(gate, 'page')))
  await take(gate, 'people')
})

test('who waits is let in in the order of coming, one for each turn that ends', async () => {
  const gate = new Gate()
  const ends = [await take(gate, 'page'), await take(gate, 'page')]
  const came: number[] = []
  const waiting = [0, 1, 2].map(async i => {
    const turn = await gate.turn('page')
    came.push(i)
    return turn
  })
  ends[0]()
  ends[0]()
  await sleep(1)
  assert.deepEqual(came, [0], 'a turn ends once, however often it is told to')
  const first = await waiting[0]
  first[Symbol.dispose]()
  ends[1]()
  await Promise.all(waiting)
  assert.deepEqual(came, [0, 1, 2])
})

test('who is gone leaves the queue, and nobody behind waits for it', async () => {
  const gate = new Gate({ waitingMax: 2, waitMsMax: 10_000 })
  const ends = [await take(gate, 'page'), await take(gate, 'page')]
  const stop = new AbortController()
  const gone = asked(gate, 'page', stop.signal)
  const next = gate.turn('page')
  assert.equal(await asked(gate, 'page'), 'web/busy', 'only so many wait')
  stop.abort()
  assert.equal(await gone, 'warehouse/interrupted')
  assert.equal(await asked(gate, 'page', stop.signal), 'warehouse/interrupted')
  const last = gate.turn('page')
  ends[0]()
  await next
  ends[1]()
  await last
})

test('who waited too long is refused, and leaves its place', async () => {
  const gate = new Gate({ waitingMax: 1, waitMsMax: 5 })
  const ends = [await take(gate, 'page'), await take(gate, 'page')]
  assert.equal(await asked(gate, 'page'), 'web/busy')
  ends[0]()
  await take(gate, 'page')
})

test('a result holds its turn until it is disposed of, and a statement that fails holds none', async () => {
  const result: QueryResult = {
    columns: [],
    rows: (async function* () {})(),
    toParquet: async () => 0,
    [Symbol.asyncDispose]: async () => {},
  }
  const tables: Lender = {
    query: async sql => {
      if (sql === 'fails') throw new StreamError('warehouse/sql', 'no')
      return result
    },
    lend: async () => {
      throw new StreamError('web/elsewhere', 'no')
    },
  }
  const gated = new GatedTables(tables, new Gate({ waitingMax: 0, waitMsMax: 0 }))
  const held = [await gated.query('a'), await gated.query('b')]
  assert.equal(await gated.query('c').catch(codeOf), 'web/busy')
  await held[0][Symbol.asyncDispose]()
  for (let i = 0; i < 3; i++) assert.equal(await gated.query('fails').catch(codeOf), 'warehouse/sql')
  await gated.query('c')
})
