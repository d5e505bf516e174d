import { setTimeout as sleep } from 'node:timers/promises'
import { StreamError } from '../std/error.ts'
import type { Random } from './chance.ts'

/** Tries that bring nothing new, one after another, before a text is given up. */
export const retriesMax = 6
/** The wait doubles from the first to the second; each is drawn between half of it and all of it. */
export const backoffMsMin = 100
export const backoffMsMax = 5_000

export interface RetryLimits {
  readonly retriesMax: number
  readonly backoffMsMin: number
  readonly backoffMsMax: number
}

export const retryLimits: RetryLimits = { retriesMax, backoffMsMin, backoffMsMax }

const passing = new Set(['source/unreachable', 'source/cut'])

export const codeOf = (thrown: unknown): string | undefined => (thrown instanceof StreamError ? thrown.code : undefined)

/** Trying again may help. */
export const isPassing = (thrown: unknown): boolean => passing.has(codeOf(thrown) ?? '')

const waitMs = (limits: RetryLimits, retry: number, random: Random) =>
  Math.min(limits.backoffMsMin * 2 ** retry, limits.backoffMsMax) * (0.5 + random() / 2)

/** Before the retry of that number, from 0. Ends early, without an error, if `signal` aborts. */
export const pause = async (limits: RetryLimits, retry: number, random: Random, signal: AbortSignal): Promise<void> => {
  await sleep(waitMs(limits, retry, random), undefined, { signal }).catch(() => {})
}
