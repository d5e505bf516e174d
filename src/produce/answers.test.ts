import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerKey } from '../chunk/answer-key.ts'
import { Answers, type Begun } from './answers.ts'

const answerOf = (n: number, file: string, supersedes?: string): Begun['answer'] => ({
  response_id: `r${n}`,
  agent_id: 'A',
  destination_uri: '/d.md',
  source: { url: 'http://a', file },
  ...(supersedes !== undefined && { supersedes }),
})

const end = { reason: 'stop', chunks: 1, bytes: 1, sha256: '' }
const idsIn = (answers: Answers) => [...answers.all()].map(({ answer }) => answer.response_id)

test('holds no more answers of files that nobody asked for than its limit', () => {
  const answers = new Answers(file => file === 'asked', 1000)
  answers.begins(answerOf(0, 'asked'), 'log', 0)
  for (let n = 1; n < 100; n++) {
    answers.begins(answerOf(n, `other ${n}`), 'log', n)
    answers.ends(answerKey('/d.md', `r${n}`), end)
    assert.ok(idsIn(answers).length < 12)
  }
  assert.deepEqual([answers.areAll, idsIn(answers)], [false, ['r0']])
})

test('counts only answers that are there against its limit', () => {
  const answers = new Answers(() => false, 1000)
  for (let n = 0; n < 100; n++) {
    answers.begins(answerOf(n, 'open', `r${n - 1}`), 'log', 2 * n)
    answers.begins(answerOf(1000 + n, 'ended'), 'log', 2 * n + 1)
    answers.ends(answerKey('/d.md', `r${1000 + n}`), end)
    assert.deepEqual([answers.areAll, idsIn(answers)], [true, [`r${1000 + n}`, `r${n}`]])
  }
})

test('does not compare places of different partitions', () => {
  const answers = new Answers(() => true)
  answers.begins(answerOf(1, 'a'), '0', 100)
  answers.begins(answerOf(1, 'a'), '1', 5)
  assert.deepEqual(
    [...answers.all()].map(({ offset, again }) => [offset, again]),
    [[100, Number.MAX_SAFE_INTEGER]],
  )
  answers.begins(answerOf(2, 'b'), '0', 100)
  answers.begins(answerOf(3, 'b'), '1', 500)
  for (const id of ['r2', 'r3']) answers.ends(answerKey('/d.md', id), end)
  assert.deepEqual(idsIn(answers), ['r2', 'r3', 'r1'])
})
