import type { Timeline } from './timeline.ts'

/** How much faster than it was written. */
export const speeds = [0.5, 1, 2, 5, 10, 30, 100] as const
/** Where pauses are skipped, one lasts at most so long in the player's own time. */
const pauseSecondsMax = 0.5

export interface Pace {
  readonly speed: number
  readonly skipsPauses: boolean
}

/** Where playing is after some seconds more. */
export const advanced = (at: number, seconds: number, { speed, skipsPauses }: Pace, timeline: Timeline): number => {
  const moved = at + seconds * speed * 1e6
  if (!skipsPauses || !timeline.ascends) return moved
  const next = timeline.timeOf(timeline.chunksAt(at))
  if (next === null) return moved
  return Math.max(moved, next - pauseSecondsMax * speed * 1e6)
}

/** The moment at which one chunk more, or one less, had come. */
export const stepped = (at: number, by: 1 | -1, timeline: Timeline): number => {
  const come = timeline.chunksAt(at)
  const time =
    by === 1 ? timeline.timeOf(come) : timeline.timeOf(timeline.chunksAt((timeline.timeOf(come - 1) ?? 0) - 1) - 1)
  return time ?? (by === 1 ? (timeline.last ?? at) : (timeline.first ?? at) - 1)
}
