import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Condition, supervise } from './supervise.ts'
import { until } from './testing.ts'

const limits = { pauseMsMin: 1, calmMs: 20 }

/** What a part's condition is, by and by, that fails once and then does this. */
const supervised = (then: (condition: Condition) => void) => {
  const condition: Condition = { state: 'running', error: undefined }
  const stop = new AbortController()
  let runs = 0
  const run = async () => {
    if (runs++ === 0) throw new Error('it broke')
    then(condition)
    await new Promise(resolve => stop.signal.addEventListener('abort', resolve))
  }
  const over = supervise(run, { name: 'part', signal: stop.signal, condition, say: () => {} }, limits)
  const end = async () => {
    stop.abort()
    await over
  }
  return { condition, runs: () => runs, [Symbol.asyncDispose]: end }
}

test('a part that has failed is well again once it has run for a while', async () => {
  let before: Condition | undefined
  await using part = supervised(condition => (before = { ...condition }))
  await until(
    async () => before,
    known => known !== undefined,
  )
  assert.deepEqual(before, { state: 'failed', error: 'it broke' })
  await until(
    async () => part.condition,
    ({ state, error }) => state === 'running' && error === undefined,
  )
})

test('a part that is done, and says what it lives with, is left as it says', async () => {
  const told: Condition = { state: 'done', error: 'one text is not UTF-8' }
  await using part = supervised(condition => Object.assign(condition, told))
  await until(
    async () => part.runs(),
    runs => runs === 2,
  )
  await sleep(3 * limits.calmMs)
  assert.deepEqual(part.condition, told)
})

test('a part that fails again is not said to be well while it waits for the next try', async () => {
  const condition: Condition = { state: 'running', error: undefined }
  const stop = new AbortController()
  let runs = 0
  const run = async () => {
    runs++
    throw new Error('it broke')
  }
  const supervision = { name: 'part', signal: stop.signal, condition, say: () => {} }
  const over = supervise(run, supervision, { pauseMsMin: 500, calmMs: 5 })
  await until(
    async () => runs,
    count => count === 2,
  )
  await sleep(50)
  assert.deepEqual([runs, condition], [2, { state: 'failed', error: 'it broke' }])
  stop.abort()
  await over
})
