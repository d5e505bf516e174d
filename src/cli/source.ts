import { stat } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { openFolder } from '../pipeline.ts'
import { StreamError } from '../std/error.ts'
import { type LogLevel, loggerOf, logLevel } from './log-level.ts'
import { addMetricsPort, type MetricsPort, serveMetricsOf } from './metrics-port.ts'
import { portNumber, wholeNumber } from './numbers.ts'
import { exit, say } from './run.ts'

const examples = `Examples:
  textstream source -d books/                    serve the texts of books/ at http://127.0.0.1:8000
  textstream source -d books/ -c 5 --rate 40     in token-sized chunks, as fast as an LLM writes
  textstream source -d books/ -p 0 --json        on any free port; says which, for programs
`

interface Options {
  readonly dataDir: string
  readonly chunkSize: number
  readonly port: number
  readonly host: string
  readonly rate: number
  readonly logLevel: LogLevel
  readonly metricsPort?: MetricsPort
  readonly json?: boolean
}

const notNegative = (text: string) => {
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it must be a number of chunks per second; 0: as fast as possible.')
}

const checkFolder = async (dir: string) => {
  const found = await stat(dir).catch(() => undefined)
  if (found?.isDirectory()) return
  const why = found === undefined ? 'there is no such folder' : 'this is no folder'
  throw new StreamError('source/usage', `serve "${dir}": ${why}; name the folder that holds the texts with --data-dir`)
}

const announce = (url: string, texts: number, { dataDir, json }: Options) => {
  if (json) process.stdout.write(`${JSON.stringify({ url, docs: `${url}/docs`, texts })}\n`)
  say(`serving ${texts} ${texts === 1 ? 'text' : 'texts'} of "${dataDir}" at ${url}, described at ${url}/docs`)
  say(`capture them with: textstream produce -s ${new URL(url).port} -l logs/`)
}

const signals = { SIGINT: exit.interrupted, SIGTERM: exit.terminated } as const

/** Resolves with the first signal; a second one stops the process now. */
const interruption = async (): Promise<keyof typeof signals> => {
  const { promise, resolve } = Promise.withResolvers<keyof typeof signals>()
  let isFirst = true
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!isFirst) process.exit(signals[signal])
      isFirst = false
      resolve(signal)
    })
  }
  return promise
}

const serveFolder = async (options: Options): Promise<void> => {
  await checkFolder(options.dataDir)
  const { serve, closeGraceMsMax } = await import('../source/server.ts')
  const source = await openFolder(options.dataDir, options.chunkSize, say)
  const { length } = await source.list()
  const { port, host, rate } = options
  const server = await serve(source, { port, host, rate, logger: await loggerOf(options.logLevel) })
  await using _ = await serveMetricsOf('source', options.metricsPort)
  const interrupted = interruption()
  announce(server.url, length, options)
  const signal = await interrupted
  say(`${signal}: streams may end within ${closeGraceMsMax / 1000} s; once more stops now`)
  await server.close()
  process.exit(signals[signal])
}

export const command = (): Command =>
  addMetricsPort(
    new Command('source')
      .description('Serves the texts of a folder as streams of chunks, over HTTP.')
      .addHelpText('before', examples)
      .option('-d, --data-dir <dir>', 'the folder that holds the texts', './data')
      .option('-c, --chunk-size <n>', 'characters per chunk', wholeNumber(1, 1024 * 1024), 1024)
      .option('-p, --port <port>', 'where to listen; 0: any free one', portNumber, 8000)
      .option('--host <host>', 'the address to listen at; 0.0.0.0: all of them', '127.0.0.1')
      .option('--rate <r>', 'chunks per second of each stream; 0: as fast as possible', notNegative, 0)
      .addOption(logLevel())
      .option('--json', 'say where it listens as one line of JSON on standard output'),
    'source',
  )
    .allowExcessArguments(false)
    .action(serveFolder)
