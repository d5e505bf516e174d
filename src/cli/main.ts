import { type Commands, main } from './program.ts'

/** One file per command; only the one that is asked for is loaded. In the order in which data flows. */
export const commands: Commands = {
  demo: {
    is: 'serve, capture, rebuild, compare and cluster sample texts, to see it work',
    load: () => import('./demo.ts'),
  },
  up: { is: 'run everything in one process, and show on a page what agents write', load: () => import('./up.ts') },
  top: { is: 'show in the terminal what up does', load: () => import('./top.ts') },
  source: { is: 'serve the texts of a folder as streams', load: () => import('./source.ts') },
  produce: { is: 'capture streams, or standard input, into a durable log', load: () => import('./produce.ts') },
  tap: { is: 'show records as they go by', load: () => import('./tap.ts') },
  refresh: { is: 'rebuild every document from a log, with a receipt', load: () => import('./refresh.ts') },
  verify: { is: 'prove a refresh against its receipt, its log and the originals', load: () => import('./verify.ts') },
  consume: { is: 'cluster what a log holds, as it grows, and keep tables of it', load: () => import('./consume.ts') },
  cat: { is: 'write one document of a log to standard output', load: () => import('./cat.ts') },
  log: { is: 'show what a log holds and who reads it, and free disk', load: () => import('./log.ts') },
  clusters: { is: 'show what the clusters are, and how they changed', load: () => import('./clusters.ts') },
  query: { is: 'ask the warehouse in SQL', load: () => import('./query.ts') },
  hdfs: { is: 'copy files to and from HDFS, and list them', load: () => import('./hdfs.ts') },
  stack: { is: 'start and end real engines on this machine, without Docker', load: () => import('./stack.ts') },
  doctor: { is: 'look at what the real engines need, and at those that run', load: () => import('./doctor.ts') },
  books: { is: 'download five books of Project Gutenberg to try it on', load: () => import('./books.ts') },
}

if (import.meta.main) await main(commands, process.argv.slice(2))
