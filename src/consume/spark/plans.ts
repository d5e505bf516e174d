import type { Borders } from '../../topic/kafka-borders.ts'
import type { Position } from '../../topic/topic.ts'

/** A batch has at most so many records, whatever waits: so its time, and what this process holds of it, are bounded. */
export const batchRecordsMax = 200_000
/** Fewer wait for more, at the longest for so long. */
export const batchMsMax = 2_000

/** What waits in the topic: from where to where. */
export interface Waiting {
  readonly from: Position
  readonly to: Position
  readonly records: number
}

/** Begins behind what was read, or, where that is gone, or nothing was read, at the first record that is kept. */
export const waitingIn = (position: Position, { first, end }: Borders): Waiting => {
  const from: Record<string, number> = {}
  let records = 0
  for (const partition of Object.keys(end)) {
    from[partition] = Math.max(position[partition] ?? 0, first[partition])
    records += Math.max(0, end[partition] - from[partition])
  }
  return { from, to: end, records }
}

/** The first of what waits, in equal shares of the partitions, as far as they have so much. */
export const cut = ({ from, to }: Waiting, recordsMax = batchRecordsMax): Waiting => {
  const partitions = Object.keys(to)
    .filter(of => to[of] > from[of])
    .sort((a, b) => to[a] - from[a] - (to[b] - from[b]))
  const end: Record<string, number> = {}
  let left = recordsMax
  for (const [at, partition] of partitions.entries()) {
    const share = Math.floor(left / (partitions.length - at))
    end[partition] = Math.min(to[partition], from[partition] + share)
    left -= end[partition] - from[partition]
  }
  const begin = Object.fromEntries(Object.keys(end).map(of => [of, from[of]]))
  return { from: begin, to: end, records: recordsMax - left }
}
