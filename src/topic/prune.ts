import type { Stats } from 'node:fs'
import { lstat, unlink } from 'node:fs/promises'
import { syncFolder } from '../std/durable.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { logPartition, packedIn, partitionsIn, type Segment, unreadable } from './folder.ts'
import { endsOf } from './log-end.ts'
import { cutBetweenAnswers } from './open-answers.ts'
import type { Position } from './topic.ts'

export interface PruneOptions {
  /** Microseconds since 1970: what was written to then or later stays. */
  readonly before: number
  /** How far each consumer is, by its name; one that has read nothing has an empty position. */
  readonly positions: ReadonlyMap<string, Position>
  /** Nothing is removed; the result says what would be. */
  readonly dryRun?: boolean
  /** Told of each segment as soon as it is gone for good. */
  readonly onRemoved?: (segment: SegmentFile) => void
}

export interface SegmentFile {
  readonly path: string
  readonly base: number
  readonly bytes: number
  /** Microseconds since 1970. */
  readonly written: number
}

/**
 * - `newest`: the writer takes its next offset from it
 * - `written since`: it was written to since the date
 * - `unread`: a consumer has not passed it
 * - `open answer`: it holds the beginning of an answer that is open, and goes on in a later segment
 * - `packed`: a packed copy lies beside it, which would stop the writer if it lay there alone
 * - `changed`: somebody wrote to it, or replaced it, just now
 */
export type Stay = 'newest' | 'written since' | 'unread' | 'open answer' | 'packed' | 'changed'

export interface Pruned {
  /** Oldest first. */
  readonly removed: readonly SegmentFile[]
  /** The oldest segment that stays, and with it all behind it; none in a folder without segments. */
  readonly stays?: { readonly path: string; readonly why: Stay; readonly consumers: readonly string[] }
  /** Log files that are no segments: they are none of ours, and stay. */
  readonly left: readonly string[]
}

type Stays = NonNullable<Pruned['stays']>

const microsOf = ({ mtimeMs }: Stats) => Math.floor(mtimeMs * 1000)

/** None if it was pruned just now. */
const fileOf = async ({ base, path }: Segment): Promise<SegmentFile[]> => {
  try {
    const stat = await lstat(path)
    return [{ path, base, bytes: stat.size, written: microsOf(stat) }]
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw unreadable(path, error)
  }
}

const segmentFilesIn = async (dir: string): Promise<SegmentFile[]> => {
  const log = (await partitionsIn(dir)).find(({ name }) => name === logPartition)
  const files: SegmentFile[] = []
  for (const segment of log?.segments ?? []) files.push(...(await fileOf(segment)))
  return files
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

const isPacked = async ({ path }: Segment) => (await exists(`${path}.gz`)) || (await exists(`${path}.zst`))

/** Who has not read all records of the segment. What a torn last line left behind them is nobody's. */
const lateFor = async (segment: Segment, next: Segment, { positions }: PruneOptions): Promise<string[]> => {
  const offsetOf = (position: Position) => position[logPartition] ?? 0
  const late = [...positions].filter(([, position]) => offsetOf(position) < next.base)
  if (late.length === 0) return []
  const end = offsetOf(await endsOf([{ name: logPartition, segments: [segment] }]))
  return late.filter(([, position]) => offsetOf(position) < end).map(([name]) => name)
}

const stays = ({ path }: Segment, why: Stay, consumers: readonly string[] = []): Stays => ({ path, why, consumers })

/** Why the segment must stay, whatever it holds; `undefined` if it may go. */
const mustStay = async (
  segment: SegmentFile,
  next: SegmentFile | undefined,
  options: PruneOptions,
): Promise<Stays | undefined> => {
  if (next === undefined) return stays(segment, 'newest')
  if (segment.written >= options.before) return stays(segment, 'written since')
  if (await isPacked(segment)) return stays(segment, 'packed')
  const late = await lateFor(segment, next, options)
  return late.length > 0 ? stays(segment, 'unread', late) : undefined
}

interface Plan {
  readonly go: readonly SegmentFile[]
  readonly stays?: Stays
}

/** The oldest that may all go, and why the one behind them may not: so no hole comes to be. */
const oldest = async (segments: readonly SegmentFile[], options: PruneOptions): Promise<Plan> => {
  for (const [i, segment] of segments.entries()) {
    const stays = await mustStay(segment, segments[i + 1], options)
    if (stays !== undefined) return { go: segments.slice(0, i), stays }
  }
  return { go: [] }
}

const planOf = async (dir: string, options: PruneOptions): Promise<Plan> => {
  const segments = await segmentFilesIn(dir)
  const plan = await oldest(segments, options)
  if (plan.go.length === 0) return plan
  const bases = plan.go.map(({ base }) => base)
  const cut = await cutBetweenAnswers(dir, bases, segments[plan.go.length].base)
  const kept = plan.go.find(({ base }) => base >= cut)
  if (kept === undefined) return plan
  return { go: plan.go.filter(({ base }) => base < cut), stays: stays(kept, 'open answer') }
}

const isAsItWas = ({ bytes, written }: SegmentFile, stat: Stats) =>
  stat.isFile() && stat.size === bytes && microsOf(stat) === written

/** False if it is not the file any more that was looked at. Durable before the next one goes, or a power cut could leave a hole. */
const remove = async (dir: string, segment: SegmentFile): Promise<boolean> => {
  try {
    if (!isAsItWas(segment, await lstat(segment.path))) return false
    await unlink(segment.path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  await syncFolder(dir)
  return true
}

const failed = ({ path }: SegmentFile, before: number, cause: unknown) => {
  const done = before === 0 ? 'nothing was removed' : `${before} older segment${before === 1 ? ' is' : 's are'} gone`
  const message = `remove "${path}": ${reasonOf(cause)}; ${done}; see to that, then start again`
  return new StreamError('topic/unwritable', message, { cause })
}

const removeAll = async (dir: string, plan: Plan, { onRemoved }: PruneOptions): Promise<Plan> => {
  const go: SegmentFile[] = []
  for (const segment of plan.go) {
    const isGone = await remove(dir, segment).catch(error => {
      throw failed(segment, go.length, error)
    })
    if (!isGone) return { go, stays: stays(segment, 'changed') }
    go.push(segment)
    onRemoved?.(segment)
  }
  return { ...plan, go }
}

/** What lies in the folder and is no segment of ours, though readers may read it. */
const othersIn = async (dir: string): Promise<string[]> => {
  const others = (await partitionsIn(dir)).map(({ name }) => name).filter(name => name !== logPartition)
  return [...others, ...(await packedIn(dir))]
}

/**
 * Removes whole segments, oldest first, up to the first one that must stay (`Stay` says for what). Each is gone for good
 * before the next one goes, so that whatever ends this leaves a log without holes. A writer and readers may go on
 * meanwhile: the newest segment is never touched, and who has one open reads it to its end.
 *
 * Rejects with `topic/unwritable` if one cannot be removed; those before it are gone then.
 */
export const pruneLog = async (dir: string, options: PruneOptions): Promise<Pruned> => {
  const planned = await planOf(dir, options)
  const { go, stays } = options.dryRun ? planned : await removeAll(dir, planned, options)
  return { removed: go, ...(stays !== undefined && { stays }), left: await othersIn(dir) }
}
