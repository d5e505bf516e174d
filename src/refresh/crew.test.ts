import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crew } from './crew.ts'
import { Turns, together } from './turns.ts'

test('a worker that cannot do its phase is an error, not a wait without end', async () => {
  await using crew = new Crew(2, { none: () => 'mine' })
  await assert.rejects(crew.run('none', undefined), /phases\[phase\] is not a function/)
})

test('one who fails stops the others, also those that wait for their turn', () => {
  const turns = new Turns(Turns.memory())
  const nothing = (): unknown => 'nothing'
  assert.throws(() => together(turns, nothing, () => assert.fail('broken')), /broken/)
  assert.throws(() => together(turns, nothing, () => turns.await(7)), { code: 'STOPPED' })
  assert.throws(() => together(turns, nothing, () => turns.meet()), { code: 'STOPPED' })
})

test('who comes after the others have met has nothing to do', () => {
  const turns = new Turns(Turns.memory())
  const meet = () => {
    turns.meet()
    return 'something'
  }
  assert.equal(
    together(turns, () => 'nothing', meet),
    'something',
  )
  assert.equal(
    together(turns, () => 'nothing', meet),
    'nothing',
  )
})
