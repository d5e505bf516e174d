import type { ClusterSize } from '../../wire/yarn.ts'
import type { ListedInput } from './input-list.ts'

const mib = 2 ** 20

/** So little is done before a second task has begun. */
const smallBytesMax = 64 * mib
/** A task that runs for less spends its time on starting. */
const splitBytesMin = 32 * mib
/** With several machines a block should be read where it lies; with one, all of them lie here. */
const splitBytesMax = { one: 256 * mib, several: 128 * mib }
const reducerBytes = 512 * mib
/** What a task takes at the least, with its JVM and with Node beside it. */
const taskMemoryMiB = 768
const reducersMax = 999

/** How the work is cut up. */
export interface Division {
  readonly splitBytes: number
  readonly reducers: number
  /** All of it fits into one task of each kind. */
  readonly isSmall: boolean
}

/** Tasks that run at once. */
const slotsOf = ({ cores, memoryMiB }: ClusterSize): number =>
  Math.max(1, Math.min(cores, Math.floor(memoryMiB / taskMemoryMiB)) - 1)

const between = (min: number, value: number, max: number) => Math.max(min, Math.min(max, value))

/** By the size of the input and of the cluster; a cluster that nobody knows is one machine with two cores. */
export const divide = (
  inputs: readonly ListedInput[],
  cluster: ClusterSize | undefined,
  wanted: number | undefined,
): Division => {
  const bytes = inputs.reduce((sum, { size }) => sum + size, 0)
  const size = cluster ?? { nodes: 1, cores: 2, memoryMiB: 4096 }
  if (bytes <= smallBytesMax) return { splitBytes: smallBytesMax, reducers: wanted ?? 1, isSmall: (wanted ?? 1) === 1 }
  const most = size.nodes > 1 ? splitBytesMax.several : splitBytesMax.one
  const slots = slotsOf(size)
  return {
    splitBytes: between(splitBytesMin, Math.ceil(bytes / slots / mib) * mib, most),
    reducers: wanted ?? between(1, Math.min(slots, Math.ceil(bytes / reducerBytes)), reducersMax),
    isSmall: false,
  }
}
