import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asData, expectedOf, sameFiles } from './expected.ts'
import { hardLog } from './hard-log.ts'
import { type Log, type RunnerName, rebuild, runnerNames, threadedNames } from './rebuild.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 2_000 : 50

/** Shrinking what failed takes long; the runner of tests would end it without a word. */
const interruptAfterTimeLimit = process.env.TEXTSTREAM_LONG ? 1_200_000 : 60_000

const show = ({ inputs }: Log) => [...inputs].map(([name, bytes]) => `--- ${name}\n${bytes}`).join('\n')

const check = async (runner: RunnerName, log: Log) => {
  const [rebuilt, expected] = [await rebuild(runner, log), expectedOf(log)]
  if (sameFiles(rebuilt.files, expected.files)) return assert.deepEqual(rebuilt.counters, expected.counters)
  assert.deepEqual(asData(rebuilt), asData(expected), show(log))
  assert.fail(`bytes differ\n${show(log)}`)
}

const compare = (runner: RunnerName, numRuns: number) =>
  test(`leaves what the oracle says: ${runner}`, async () => {
    const property = fc.asyncProperty(hardLog, log => check(runner, log))
    await fc.assert(property, {
      numRuns,
      interruptAfterTimeLimit,
      ...(process.env.SEED && { seed: Number(process.env.SEED) }),
    })
  })

for (const runner of runnerNames) compare(runner, numRuns)
for (const runner of threadedNames) compare(runner, numRuns / 10)
