import { exit } from './exit.ts'
import { say } from './run.ts'

const exits = { SIGINT: exit.interrupted, SIGTERM: exit.terminated } as const
const names = ['SIGINT', 'SIGTERM'] as const

/** The first signal asks for an orderly end, and is answered by `notice`; the second one ends at once. */
export const untilSignal = (notice?: string) => {
  const asked = new AbortController()
  let code: number | undefined
  const onSignal = (name: keyof typeof exits) => {
    if (code !== undefined) process.exit(exits[name])
    code = exits[name]
    if (notice !== undefined) say(notice)
    asked.abort()
  }
  for (const name of names) process.on(name, onSignal)
  return {
    signal: asked.signal,
    /** The exit code if a signal came. */
    code: (): number | undefined => code,
  }
}

/** What `produce` answers. */
export const madeDurable = 'textstream: stopping; what was read is made durable (once more: stop now)'

/** For commands that show until a person has seen enough: the first signal ends that, a second one the process. */
export const untilSeenEnough = (): AbortSignal => {
  const stop = new AbortController()
  for (const name of names) {
    process.once(name, () => {
      process.exitCode = exits[name]
      stop.abort()
    })
  }
  return stop.signal
}
