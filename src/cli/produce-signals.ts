import { exit, say } from './run.ts'

const exits = { SIGINT: exit.interrupted, SIGTERM: exit.terminated } as const

/** The first signal asks for an orderly end, the second one ends at once. */
export const untilSignal = () => {
  const asked = new AbortController()
  let code: number | undefined
  const onSignal = (name: keyof typeof exits) => {
    if (code !== undefined) process.exit(exits[name])
    code = exits[name]
    say('textstream: stopping; what was read is made durable (once more: stop now)')
    asked.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal)
  return {
    signal: asked.signal,
    /** The exit code if a signal came. */
    code: (): number | undefined => code,
  }
}
