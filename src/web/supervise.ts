import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, StreamError } from '../std/error.ts'

const pauseMsMin = 1_000
const pauseMsMax = 30_000
/** Who has run for so long begins with short pauses again. */
const steadyMs = 60_000
/** Who has failed is well again only after it has run for so long. */
const calmMs = 3_000

/** How a part of `up` is; `error` is also what it lives with. */
export interface Condition {
  state: 'running' | 'done' | 'failed'
  error: string | undefined
}

const limits = { pauseMsMin, calmMs }

const well: Condition = { state: 'running', error: undefined }

/** Not to be mended by trying again: another process has it, or it is something else. */
const isFinal = (thrown: unknown) =>
  thrown instanceof StreamError &&
  /\/(usage|locked|foreign|not-found|unwritable|settings|held|unusable)$/.test(thrown.code)

export interface Supervision {
  readonly name: string
  readonly signal: AbortSignal
  readonly condition: Condition
  readonly say: (text: string) => void
}

/**
 * Runs a part until `signal` aborts or it is done, again and again if it fails, with pauses that grow; what is wrong is
 * said, and stands in its condition meanwhile. What trying again cannot mend is thrown, if it shows at the first try.
 */
export const supervise = async (
  run: () => Promise<void>,
  { name, signal, condition, say }: Supervision,
  smaller: Partial<typeof limits> = {},
) => {
  const { pauseMsMin, calmMs } = { ...limits, ...smaller }
  let pauseMs = pauseMsMin
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const began = performance.now()
    const calm = setTimeout(() => condition.state === 'done' || Object.assign(condition, well), isFirst ? 0 : calmMs)
    try {
      await run().finally(() => clearTimeout(calm))
      condition.state = 'done'
      return
    } catch (thrown) {
      if (signal.aborted) return
      condition.state = 'failed'
      condition.error = reasonOf(thrown)
      if (isFirst && isFinal(thrown)) throw thrown
      if (performance.now() - began > steadyMs) pauseMs = pauseMsMin
      say(`textstream: ${name}: ${condition.error}; trying again in ${pauseMs / 1000} s`)
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
      pauseMs = Math.min(pauseMsMax, pauseMs * 2)
    }
  }
}
