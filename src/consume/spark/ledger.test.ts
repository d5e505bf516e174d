import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { localFiles } from '../../wire/local-files.ts'
import { Ledger } from './ledger.ts'
import { Places } from './places.ts'
import type { Change, Staged } from './records.ts'

const files = localFiles()

const tableIn = async (t: TestContext) => {
  const table = await mkdtemp(join(tmpdir(), 'textstream-ledger-'))
  t.after(() => rm(table, { recursive: true }))
  const places = new Places(table)
  const open = () => Ledger.open(files, places)
  const names = async () => (await readdir(table)).filter(name => !name.startsWith('_')).sort()
  return { table, places, open, names }
}

const change = (to: number): Change => ({
  position: { 0: to },
  rows: to,
  model: 1,
  fitRows: 1_000,
  known: [[`answer ${to}`, { seen: [0, to] }]],
  notes: [['key', Buffer.from(`${to}`).toString('base64')]],
})

/** A batch whose files lie ready. */
const stagedIn = async (places: Places, table: string, batch: number): Promise<Staged> => {
  const moves = ['a', 'b'].map(name => ({
    from: `${places.staged(batch)}/${name}`,
    to: `${table}/${name}${batch}`,
    bytes: 1,
  }))
  for (const { from } of moves) await files.create(from, Buffer.from('x'))
  return { batch, moves, change: change(batch * 10) }
}

test('what was planned is to be done again, and what was staged is published, once', async t => {
  const { table, places, open, names } = await tableIn(t)
  const { ledger } = await open()
  const plan = await ledger.plan({ 0: 0 }, { 0: 10 })
  assert.deepEqual((await open()).pending, plan)

  await ledger.stage(await stagedIn(places, table, 1))
  assert.deepEqual(await names(), [])
  const again = await open()
  assert.equal(again.pending, undefined)
  assert.deepEqual(await names(), ['a1', 'b1'])
  assert.deepEqual(again.ledger.state.position, { 0: 10 })
  assert.deepEqual((await open()).ledger.state.snapshot(), again.ledger.state.snapshot())
})

test('a batch of which some files have their names already goes on', async t => {
  const { table, places, open, names } = await tableIn(t)
  const { ledger } = await open()
  await ledger.plan({ 0: 0 }, { 0: 10 })
  const staged = await stagedIn(places, table, 1)
  await ledger.stage(staged)
  await files.rename(staged.moves[0].from, staged.moves[0].to)
  await open()
  assert.deepEqual(await names(), ['a1', 'b1'])
})

test('a staged file that somebody took away is told, and nothing is passed for done', async t => {
  const { table, places, open } = await tableIn(t)
  const { ledger } = await open()
  await ledger.plan({ 0: 0 }, { 0: 10 })
  const staged = await stagedIn(places, table, 1)
  await ledger.stage(staged)
  await files.remove(staged.moves[1].from)
  await assert.rejects(open(), { code: 'consume/state', message: /neither ".*\/b" nor ".*\/b1"/ })
})

test('changes are put together, and the records of them removed', async t => {
  const { table, places, open } = await tableIn(t)
  const { ledger } = await open()
  for (const batch of [1, 2, 3]) {
    await ledger.plan({ 0: batch * 10 - 10 }, { 0: batch * 10 })
    const staged = await stagedIn(places, table, batch)
    await ledger.stage(staged)
    await ledger.publish(staged)
    if (batch === 2) await ledger.settle()
  }
  assert.deepEqual((await readdir(places.snapshots)).length, 1)
  assert.deepEqual((await readdir(places.batches)).map(name => Number(name.slice(0, 10))), [3, 3, 3]) // biome-ignore format: one line
  const { ledger: next } = await open()
  assert.deepEqual(next.state.snapshot(), ledger.state.snapshot())
  assert.deepEqual(next.state.known.of('answer 10'), { seen: [0, 10] })
  assert.equal(next.state.recall('key')?.toString(), '30')
})

test('of two that plan the same batch, one is refused', async t => {
  const { open } = await tableIn(t)
  const [one, other] = [await open(), await open()]
  await one.ledger.plan({ 0: 0 }, { 0: 10 })
  await assert.rejects(other.ledger.plan({ 0: 0 }, { 0: 20 }), { code: 'consume/locked' })
})

test('a plan that cannot be done any more makes room for another one', async t => {
  const { open } = await tableIn(t)
  const { ledger } = await open()
  await ledger.discard(await ledger.plan({ 0: 0 }, { 0: 10 }))
  assert.equal((await open()).pending, undefined)
  assert.equal((await ledger.plan({ 0: 5 }, { 0: 10 })).batch, 1)
})

test('a record that is no JSON is told', async t => {
  const { places, open } = await tableIn(t)
  await files.makeFolder(places.batches)
  await writeFile(`${places.batches}/0000000001.plan.json`, '{"batch')
  await assert.rejects(open(), { code: 'consume/state', message: /0000000001.plan.json" is damaged/ })
})
