import { errnoOf, reasonOf } from '../std/error.ts'

/** What the exit codes mean; PROTOCOL of the command line, the same for every command. */
export const exit = {
  done: 0,
  failed: 1,
  usage: 2,
  findings: 3,
  unreachable: 4,
  interrupted: 130,
  terminated: 143,
} as const

/** Everything but data goes to stderr. */
export const say = (text: string) => process.stderr.write(`${text}\n`)

const onBrokenOutput = (thrown: Error) => {
  if (errnoOf(thrown) === 'EPIPE') process.exit(process.exitCode ?? exit.done)
  say(`textstream: write to standard output: ${reasonOf(thrown)}`)
  process.exit(exit.failed)
}

/**
 * A reader of our output that went away (`| head`) is no failure: there is nobody left to write for. A log of our
 * progress that cannot be written is no reason to stop the work.
 */
export const endQuietlyOnClosedOutput = () => {
  process.stdout.on('error', onBrokenOutput)
  process.stderr.on('error', () => {})
}
