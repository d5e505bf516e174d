import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, StreamError } from '../std/error.ts'
import { tailOf } from './log-files.ts'
import type { Daemon, Ports } from './part.ts'
import type { Place } from './place.ts'
import { type Identity, isAlive } from './process.ts'

export const readyMsMax = 180_000
/** One question whether it is ready. */
const askMsMax = 5_000
const pauseMs = 150
const linesShown = 12

/** Why it isn't ready, or `undefined` if it is. */
export const whyNotReady = async (
  daemon: Daemon,
  ports: Ports,
  msMax: number = askMsMax,
): Promise<string | undefined> => {
  try {
    await daemon.ready(ports, AbortSignal.timeout(msMax))
    return undefined
  } catch (thrown) {
    return reasonOf(thrown)
  }
}

const withItsLastWords = async (message: string, place: Place, daemon: Daemon): Promise<string> => {
  const lines = await tailOf(place, daemon.name, linesShown)
  return `${message}; all of it: textstream stack logs ${place.part}\n${lines.join('\n')}`
}

/** Waits until a daemon that was just started does its work. One that takes too long is left running. */
export const untilReady = async (place: Place, daemon: Daemon, ports: Ports, process: Identity): Promise<void> => {
  const until = performance.now() + readyMsMax
  for (;;) {
    const why = await whyNotReady(daemon, ports)
    if (why === undefined) return
    if (!(await isAlive(process))) {
      const message = `start "${daemon.name}": it ended before it was ready; its last words follow`
      throw new StreamError('stack/died', await withItsLastWords(message, place, daemon))
    }
    if (performance.now() > until) {
      const message = `start "${daemon.name}": not ready after ${readyMsMax} ms, and still running: ${why}`
      throw new StreamError('stack/not-ready', await withItsLastWords(message, place, daemon))
    }
    await sleep(pauseMs)
  }
}
