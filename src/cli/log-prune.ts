import { resolve } from 'node:path'
import { isoMicros } from '../std/clock.ts'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import { forgetConsumer } from '../topic/consumers.ts'
import { type Pruned, pruneLog, type SegmentFile, type Stay } from '../topic/prune.ts'
import type { Position } from '../topic/topic.ts'
import type { ConsumerStates } from './log-consumers.ts'
import { amount } from './words.ts'

const namesShownMax = 5

export interface PruneFlags {
  readonly before: number
  readonly dryRun: boolean
  readonly json: boolean
  readonly evenUnread: boolean
  readonly forget?: readonly string[]
}

const quoted = (name: string) => `"${harmless(name)}"`

const some = (names: readonly string[]) =>
  names.slice(0, namesShownMax).map(quoted).join(', ') + (names.length > namesShownMax ? ', …' : '')

/** What was noted of them: nothing is forgotten by mistake. */
const forgetting = (states: ConsumerStates, { forget = [] }: PruneFlags): ReadonlySet<string> => {
  const known = new Set(states.known.map(({ warehouse }) => warehouse))
  const paths = forget.map(path => resolve(path))
  const stranger = paths.find(path => !known.has(path))
  if (stranger === undefined) return new Set(paths)
  const who = known.size === 0 ? 'none is known' : `known are ${some([...known])}`
  throw new StreamError('log/usage', `--forget ${quoted(stranger)}: no such consumer of this log; ${who}`)
}

const refuseUnread = (dir: string, known: number, { evenUnread }: PruneFlags) => {
  if (known > 0 || evenUnread) return
  throw new StreamError(
    'log/usage',
    `prune ${quoted(dir)}: no consumer of this log is known, so nobody may have read it; to go by the date alone: --even-unread`,
  )
}

/** Who stays, with those that are not known to have read anything. */
const without = ({ known, damaged }: ConsumerStates, forgotten: ReadonlySet<string>): ConsumerStates => ({
  known: known.filter(({ warehouse }) => !forgotten.has(warehouse)),
  damaged,
})

const positionsOf = ({ known, damaged }: ConsumerStates): ReadonlyMap<string, Position> =>
  new Map([
    ...known.map(({ warehouse, position }) => [warehouse, position] as const),
    ...damaged.map(({ path }) => [path, {}] as const),
  ])

/** What holds everything back until somebody sees to it. */
const problemsOf = ({ known, damaged }: ConsumerStates): string[] => [
  ...known.flatMap(({ warehouse, problem }) =>
    problem === undefined
      ? []
      : `consumer ${quoted(warehouse)}: ${harmless(problem)}; it holds everything back; if it is of no more use: --forget ${quoted(warehouse)}`,
  ),
  ...damaged.map(
    ({ path, why }) =>
      `${quoted(path)} names no consumer: ${harmless(why)}; it holds everything back, as one may be missing; remove it once all consumers were started again`,
  ),
]

const reasons: Readonly<Record<Stay, string>> = {
  newest: 'it is the newest, from which the log goes on',
  'written since': 'it was written to since',
  unread: 'not read by all',
  'open answer': 'an answer that began in it is open, and goes on behind it',
  packed: 'a packed copy lies beside it, which would stop producers if it lay there alone; move that away',
  changed: 'it was changed just now; start again',
}

const name = (path: string) => path.slice(path.lastIndexOf('/') + 1)

const removedLine = ({ path, bytes, written }: SegmentFile, dryRun: boolean) =>
  `${dryRun ? 'would remove' : 'removed'} ${name(path)}: ${amount(bytes, 'byte')}, last written to ${isoMicros(written).slice(0, 19)}Z`

const stayLine = ({ stays }: Pruned): string[] => {
  if (stays === undefined) return ['there are no segments']
  const who = stays.consumers.length > 0 ? ` (${some(stays.consumers)})` : ''
  return [`${name(stays.path)} and all behind it stays: ${reasons[stays.why]}${who}`]
}

const sum = (files: readonly SegmentFile[]) => files.reduce((bytes, file) => bytes + file.bytes, 0)

const lastLines = (pruned: Pruned, dryRun: boolean): string[] => [
  `${dryRun ? 'would free' : 'freed'} ${amount(sum(pruned.removed), 'byte')} in ${amount(pruned.removed.length, 'segment')}`,
  ...stayLine(pruned),
  ...(pruned.left.length > 0 ? [`left alone, as no segments of ours: ${some(pruned.left)}`] : []),
]

const jsonOf = ({ removed, stays, left }: Pruned, flags: PruneFlags, problems: readonly string[]) => ({
  before: isoMicros(flags.before),
  dry_run: flags.dryRun,
  bytes: sum(removed),
  removed: removed.map(({ path, base, bytes, written }) => ({
    file: name(path),
    offset: base,
    bytes,
    written: isoMicros(written),
  })),
  stays: stays === undefined ? null : { file: name(stays.path), why: stays.why, consumers: stays.consumers },
  left,
  problems,
})

export const warning =
  'produce decides by the log what was captured: texts whose records are gone will be captured again as new documents,\nand a refresh of what is left finds answers that began before incomplete.'

export interface PruneReport {
  /** For standard output, as it comes. */
  readonly tell: (line: string) => void
  readonly warn: (line: string) => void
}

/** False if a consumer that cannot be asked held everything back. */
export const prune = async (
  dir: string,
  states: ConsumerStates,
  flags: PruneFlags,
  { tell, warn }: PruneReport,
): Promise<boolean> => {
  const forgotten = forgetting(states, flags)
  const consumers = without(states, forgotten)
  refuseUnread(dir, consumers.known.length + consumers.damaged.length, flags)
  const { before, dryRun, json } = flags
  if (!dryRun) for (const warehouse of forgotten) await forgetConsumer(dir, { warehouse })
  const onRemoved = (segment: SegmentFile) => tell(removedLine(segment, false))
  const options = { before, dryRun, positions: positionsOf(consumers) }
  const pruned = await pruneLog(dir, json ? options : { ...options, onRemoved })
  const problems = problemsOf(consumers)
  if (json) tell(JSON.stringify(jsonOf(pruned, flags, problems)))
  else {
    if (dryRun) for (const segment of pruned.removed) tell(removedLine(segment, true))
    for (const line of lastLines(pruned, dryRun)) tell(line)
  }
  if (pruned.removed.length > 0) warn(warning)
  for (const problem of problems) warn(problem)
  return problems.length === 0
}
