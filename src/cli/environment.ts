import { type Command, CommanderError, type Option } from 'commander'

/** `--logs-dir` ← `TEXTSTREAM_LOGS_DIR`. */
export const variableOf = (option: Pick<Option, 'long'>): string =>
  `TEXTSTREAM_${(option.long ?? '').replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`

const takesValue = (option: Option) => option.required || option.optional

/** Empty is as good as unset; a switch can be switched off by the words that people use for it. */
const isGiven = (option: Option, value: string | undefined) =>
  value !== undefined && value !== '' && (takesValue(option) || !/^(?:0|false|no|off)$/i.test(value))

/** Commander itself listens only for variables that were declared before the option was added. */
const listen = (command: Command, option: Option, variable: string) => {
  const name = option.attributeName()
  command.on(`optionEnv:${option.name()}`, value => {
    try {
      ;(command as Command & NodeJS.EventEmitter).emit(`option:${option.name()}`, value)
    } catch (thrown) {
      if (thrown instanceof CommanderError)
        process.stderr.write(`it comes from ${variable}, of the environment or the configuration file\n`)
      throw thrown
    }
    command.setOptionValueWithSource(name, command.getOptionValue(name), 'env')
  })
}

/**
 * Every option of every command has a variable that stands in for it: a flag beats the environment, which beats the
 * built-in default. Only variables that are set are declared, so that `--help` shows what they change.
 */
export const defaultsFromEnvironment = (command: Command, environment: NodeJS.ProcessEnv): void => {
  for (const option of command.options) {
    const variable = variableOf(option)
    if (option.negate || option.long === '--version' || option.envVar !== undefined) continue
    if (!isGiven(option, environment[variable])) continue
    option.env(variable)
    listen(command, option, variable)
  }
}
