import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tellHadoop } from './tell.ts'

test('a task that works without input or output says so twice a minute', () => {
  const said: string[] = []
  let now = 0
  const tell = tellHadoop(
    line => said.push(line),
    () => now,
  )
  for (let n = 0; n < 1_000_000; n++) {
    now += 0.1
    tell.alive()
  }
  assert.equal(said.length, 3)
  for (const line of said) assert.match(line, /^reporter:status:\d+ records were put in order\n$/)
})

test('counters are told by name, and only those that counted', () => {
  const said: string[] = []
  tellHadoop(line => said.push(line)).counters({ lines: 3, blank: 0, records: 2 })
  assert.deepEqual(said, ['reporter:counter:textstream,lines,3\n', 'reporter:counter:textstream,records,2\n'])
})
