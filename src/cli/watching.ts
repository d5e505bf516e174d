import { exit } from './exit.ts'

const exits = { SIGINT: exit.interrupted, SIGTERM: exit.terminated } as const

/** For commands that show until a person has seen enough: the first signal ends that, a second one the process. */
export const untilSeenEnough = (): AbortSignal => {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.exitCode = exits[name]
      stop.abort()
    })
  }
  return stop.signal
}
