import { enableCompileCache } from 'node:module'
import type { Command } from 'commander'

enableCompileCache()

interface Entry {
  readonly is: string
  readonly load: () => Promise<{ command: () => Command }>
}

/** One file per command; only the one that is asked for is loaded. In the order in which data flows. */
const commands: Record<string, Entry> = {
  demo: { is: 'serve, capture, rebuild and compare sample texts, to see it work', load: () => import('./demo.ts') },
  source: { is: 'serve the texts of a folder as streams', load: () => import('./source.ts') },
  produce: { is: 'capture streams, or standard input, into a durable log', load: () => import('./produce.ts') },
  tap: { is: 'show records as they go by', load: () => import('./tap.ts') },
  refresh: { is: 'rebuild every document from a log, with a receipt', load: () => import('./refresh.ts') },
  verify: { is: 'prove a refresh against its receipt, its log and the originals', load: () => import('./verify.ts') },
  cat: { is: 'write one document of a log to standard output', load: () => import('./cat.ts') },
  books: { is: 'download five books of Project Gutenberg to try it on', load: () => import('./books.ts') },
}

const { run, showHelp } = await import('./run.ts')
const name = process.argv[2]
const entry = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
if (entry === undefined) await showHelp(commands, process.argv.slice(2))
else await run((await entry.load()).command(), process.argv.slice(3))
