import { Command, CommanderError } from 'commander'
import { errnoOf, StreamError } from '../std/error.ts'

/** What the exit codes mean; PROTOCOL of the command line, the same for every command. */
export const exit = { done: 0, failed: 1, usage: 2, findings: 3, unreachable: 4, interrupted: 130, terminated: 143 } as const

const version = async () => (await import('../../package.json', { with: { type: 'json' } })).default.version

const exitOf = (thrown: unknown): number => {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exit.done : exit.usage
  if (!(thrown instanceof StreamError)) return exit.failed
  const reason = thrown.code.split('/')[1]
  if (reason === 'usage') return exit.usage
  if (reason === 'unreachable') return exit.unreachable
  return exit.failed
}

/** Everything but data goes to stderr. */
export const say = (text: string) => process.stderr.write(`${text}\n`)

const report = (thrown: unknown) => {
  if (thrown instanceof CommanderError) return
  if (thrown instanceof StreamError) say(`textstream: ${thrown.message}`)
  else say(`textstream: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
}

/** A reader of our output that went away (`| head`) is no failure: there is nobody left to write for. */
const endQuietlyOnClosedOutput = () => {
  process.stdout.on('error', e => {
    if (errnoOf(e) === 'EPIPE') process.exit(exit.done)
    throw e
  })
}

/** Parses, runs, and sets the exit code; nothing is thrown out of here. */
export const run = async (command: Command, argv: readonly string[]): Promise<void> => {
  endQuietlyOnClosedOutput()
  try {
    command.exitOverride().version(await version(), '-V, --version')
    await command.parseAsync(argv, { from: 'user' })
  } catch (thrown) {
    report(thrown)
    process.exitCode = exitOf(thrown)
  }
}

export const showHelp = async (
  commands: Record<string, { readonly is: string; readonly load: () => Promise<unknown> }>,
  argv: readonly string[],
): Promise<void> => {
  const program = new Command('textstream')
    .description('The flight recorder for text that agents stream.')
    .usage('COMMAND [options]')
    .addHelpText('after', '\ntextstream COMMAND --help shows examples. Start with: textstream demo')
  for (const [name, { is }] of Object.entries(commands)) program.command(name).description(is)
  program.allowExcessArguments(false).helpCommand(false)
  if (argv.length === 0) {
    program.outputHelp({ error: true })
    process.exitCode = exit.usage
    return
  }
  await run(program, argv)
}
