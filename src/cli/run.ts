import { type Command, CommanderError } from 'commander'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { addConfiguration } from './config.ts'
import { defaultsFromEnvironment } from './environment.ts'
import { exit, say } from './exit.ts'
import { refuseForeignPlaces } from './foreign-places.ts'
import { version } from './version.ts'

export { exit, say }

export const exitOf = (thrown: unknown): number => {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exit.done : exit.usage
  if (!(thrown instanceof StreamError)) return exit.failed
  const reason = thrown.code.split('/')[1]
  if (reason === 'usage') return exit.usage
  if (reason === 'unreachable') return exit.unreachable
  return exit.failed
}

/** A fault says what a person can do about it; a bug shows where it is. */
const report = (thrown: unknown) => {
  if (thrown instanceof CommanderError) return
  const isFault = thrown instanceof StreamError || errnoOf(thrown) !== undefined
  say(`textstream: ${isFault || !(thrown instanceof Error) ? reasonOf(thrown) : thrown.stack}`)
}

const isEmptyDefault = (value: unknown) => value === false || value === null || value === Number.POSITIVE_INFINITY

/** A switch that is off by default, or a number without a bound, needs no words about it in the help. */
const hideEmptyDefaults = ({ options }: Command) => {
  for (const option of options) if (isEmptyDefault(option.defaultValue)) option.default(undefined)
}

const outfitPart = (command: Command, name: string, environment: NodeJS.ProcessEnv) => {
  command
    .exitOverride()
    .showHelpAfterError(`see: ${name} --help`)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'textstream: ')) })
  hideEmptyDefaults(command)
  defaultsFromEnvironment(command, environment)
}

export const outfit = (command: Command, environment: NodeJS.ProcessEnv): void => {
  const isOverview = command.name() === 'textstream'
  const name = isOverview ? 'textstream' : `textstream ${command.name().replace(/^textstream /, '')}`
  outfitPart(command.name(name).version(version(), '-V, --version'), name, environment)
  if (isOverview) return
  for (const part of command.commands) outfitPart(part, `${name} ${part.name()}`, environment)
}

/** Parses, runs, and sets the exit code; nothing is thrown out of here. */
export const run = async (command: Command, argv: readonly string[]): Promise<void> => {
  try {
    addConfiguration(process.env)
    outfit(command, process.env)
    command.hook('preAction', (_, called) => refuseForeignPlaces(called))
    await command.parseAsync(argv, { from: 'user' })
  } catch (thrown) {
    report(thrown)
    process.exitCode = exitOf(thrown)
  }
}
