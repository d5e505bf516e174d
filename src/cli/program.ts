import type { Command } from 'commander'
import { endQuietlyOnClosedOutput } from './exit.ts'
import { version } from './version.ts'

export interface CommandFile {
  readonly is: string
  readonly load: () => Promise<{ readonly command: () => Command }>
}

export type Commands = Readonly<Record<string, CommandFile>>

const find = (commands: Commands, name: string): CommandFile | undefined =>
  Object.hasOwn(commands, name) ? commands[name] : undefined

/** `help NAME` is `NAME --help`, as people try either. */
const withoutHelp = (argv: readonly string[]): readonly string[] => {
  if (argv[0] !== 'help') return argv
  return argv.length === 1 ? ['--help'] : [argv[1], '--help']
}

/** What `textstream` alone is: a list of commands, and the place where an unknown one is refused. */
export const overview = async (commands: Commands): Promise<Command> => {
  const { Command } = await import('commander')
  const program = new Command('textstream')
    .description('The flight recorder for text that agents stream.')
    .usage('COMMAND [options]')
    .helpCommand(false)
    .addHelpText('after', '\ntextstream COMMAND --help shows examples. Start with: textstream demo')
  for (const [name, { is }] of Object.entries(commands)) program.command(name).description(is)
  return program
}

/** Finds the command, loads it and nothing else, and runs it. */
export const main = async (commands: Commands, given: readonly string[]): Promise<void> => {
  endQuietlyOnClosedOutput()
  const argv = withoutHelp(given)
  if (argv[0] === '--version' || argv[0] === '-V') return void process.stdout.write(`${version()}\n`)
  const { run } = await import('./run.ts')
  const file = argv.length === 0 ? undefined : find(commands, argv[0])
  if (file === undefined) await run(await overview(commands), argv)
  else await run((await file.load()).command(), argv.slice(1))
}
