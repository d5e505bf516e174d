import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { exitOf, say } from '../src/cli/run.ts'
import { reasonOf, StreamError } from '../src/std/error.ts'

/** A program of the bench, called as a person calls it; its examples stand first. */
export const benchCommand = (file: string, examples: readonly string[]): Command => {
  const name = `npx node bench/${file}`
  return new Command(name)
    .exitOverride()
    .showHelpAfterError(`see: ${name} --help`)
    .addHelpText('before', ['Examples:', ...examples.map(example => `  ${name} ${example}`), ''].join('\n'))
}

export const positive = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it must be a whole number of at least 1.')
}

const report = (thrown: unknown) => {
  if (thrown instanceof CommanderError) return
  say(`bench: ${thrown instanceof StreamError || !(thrown instanceof Error) ? reasonOf(thrown) : thrown.stack}`)
}

/** Parses, runs, and sets the exit code, as textstream's own commands do. */
export const runBench = async (command: Command): Promise<void> => {
  try {
    await command.parseAsync(process.argv.slice(2), { from: 'user' })
  } catch (thrown) {
    report(thrown)
    process.exitCode = exitOf(thrown)
  }
}
