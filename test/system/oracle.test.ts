import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asData, expectedOf, sameFiles } from './expected.ts'
import { hardLog } from './hard-log.ts'
import { type Log, rebuild, runnerNames } from './rebuild.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 3_000 : 60

const show = ({ inputs }: Log) => [...inputs].map(([name, bytes]) => `--- ${name}\n${bytes}`).join('\n')

for (const runner of runnerNames) {
  test(`leaves what the oracle says, with runner ${runner}`, async () => {
    const property = fc.asyncProperty(hardLog, async log => {
      const [rebuilt, expected] = [await rebuild(runner, log), expectedOf(log)]
      if (sameFiles(rebuilt.files, expected.files)) return assert.deepEqual(rebuilt.counters, expected.counters)
      assert.deepEqual(asData(rebuilt), asData(expected), show(log))
      assert.fail(`bytes differ\n${show(log)}`)
    })
    await fc.assert(property, { numRuns, ...(process.env.SEED && { seed: Number(process.env.SEED) }) })
  })
}
