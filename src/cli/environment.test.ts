import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import { defaultsFromEnvironment, variableOf } from './environment.ts'

const parse = (argv: readonly string[], environment: NodeJS.ProcessEnv) => {
  const command = new Command('x')
    .exitOverride()
    .version('1')
    .option('-l, --logs-dir <dir>', 'where', 'logs')
    .option('--json', 'as JSON')
    .option('--no-colour', 'plain')
    .action(() => {})
  const before = process.env
  process.env = environment
  try {
    defaultsFromEnvironment(command, environment)
    command.parse(argv, { from: 'user' })
    return command.opts()
  } finally {
    process.env = before
  }
}

test('names a variable after its option', () => {
  assert.equal(variableOf({ long: '--kafka-broker-port' }), 'TEXTSTREAM_KAFKA_BROKER_PORT')
})

const plain = { logsDir: 'logs', colour: true }
const cases: Record<string, [argv: string[], environment: NodeJS.ProcessEnv, options: object]> = {
  'the built-in default stands alone': [[], {}, plain],
  'the environment beats the built-in default': [[], { TEXTSTREAM_LOGS_DIR: 'e' }, { ...plain, logsDir: 'e' }],
  'a flag beats the environment': [['-l', 'f'], { TEXTSTREAM_LOGS_DIR: 'e' }, { ...plain, logsDir: 'f' }],
  'an empty variable is as good as unset': [[], { TEXTSTREAM_LOGS_DIR: '', TEXTSTREAM_JSON: '' }, plain],
  'a switch is switched on': [[], { TEXTSTREAM_JSON: '1' }, { ...plain, json: true }],
  'a switch is switched off by "0"': [[], { TEXTSTREAM_JSON: '0' }, plain],
  'a switch is switched off by "False"': [[], { TEXTSTREAM_JSON: 'False' }, plain],
  'the version is no option': [[], { TEXTSTREAM_VERSION: '1' }, plain],
}

for (const [name, [argv, environment, options]] of Object.entries(cases)) {
  test(name, () => assert.deepEqual({ ...parse(argv, environment) }, options))
}
