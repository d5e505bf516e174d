import { setTimeout as sleep } from 'node:timers/promises'
import { StreamError } from '../../std/error.ts'

/** A Spark that is started again is waited for so long. */
export const outageMsMax = 180_000
const retryMs = 1_000

const passing = new Set(['spark/unreachable', 'spark/session-gone', 'spark/lost'])

/** Whether the server went away, with what it was doing; it may be back soon. */
export const isOutage = (thrown: unknown): boolean => thrown instanceof StreamError && passing.has(thrown.code)

/** Tries until somebody answers, for as long as an outage may last. */
export const insistOn = async <Opened>(open: () => Promise<Opened>, signal?: AbortSignal): Promise<Opened> => {
  const end = performance.now() + outageMsMax
  for (;;) {
    try {
      return await open()
    } catch (thrown) {
      if (!isOutage(thrown) || performance.now() > end || signal?.aborted) throw thrown
    }
    await sleep(retryMs, undefined, { signal }).catch(() => {})
  }
}

export const noSpark = (): StreamError =>
  new StreamError(
    'spark/unreachable',
    'no Spark: give --spark sc://host:port, or start one here: textstream stack up hive spark',
  )
