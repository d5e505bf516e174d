import { stat } from 'node:fs/promises'
import { errnoOf, reasonOf } from '../std/error.ts'
import { consumersOf, type DamagedEntry } from '../topic/consumers.ts'
import type { Position } from '../topic/topic.ts'

/** Where a warehouse has committed up to; none if it never has. */
export type AskWarehouse = (path: string) => Promise<Position | undefined>

export interface ConsumerState {
  readonly warehouse: string
  /** Empty if nothing is known to have been read. */
  readonly position: Position
  /** Why its position is not known, or cannot be true. */
  readonly problem?: string
}

export interface ConsumerStates {
  readonly known: readonly ConsumerState[]
  readonly damaged: readonly DamagedEntry[]
}

const whyNotThere = (thrown: unknown) =>
  errnoOf(thrown) === 'ENOENT' ? 'its warehouse is not there' : `its warehouse cannot be read: ${reasonOf(thrown)}`

const askOne = async (warehouse: string, ask: AskWarehouse): Promise<ConsumerState> => {
  try {
    await stat(warehouse)
    return { warehouse, position: (await ask(warehouse)) ?? {} }
  } catch (thrown) {
    return { warehouse, position: {}, problem: whyNotThere(thrown) }
  }
}

const offsetBehind = (position: Position, end: Position) =>
  Object.keys(position).find(partition => partition in end && position[partition] > end[partition])

/** Who is ahead of a log has read another one. */
const checked = (state: ConsumerState, end: Position): ConsumerState => {
  const partition = offsetBehind(state.position, end)
  if (partition === undefined) return state
  const problem = `it has read "${partition}" to ${state.position[partition]}, and the log ends at ${end[partition]}: it read another log`
  return { ...state, position: {}, problem }
}

/** `end` is asked last: what they have read by then lies before it. */
export const consumerStates = async (
  dir: string,
  ask: AskWarehouse,
  end: () => Promise<Position>,
): Promise<ConsumerStates> => {
  const { known, damaged } = await consumersOf(dir)
  const states: ConsumerState[] = []
  for (const { warehouse } of known) states.push(await askOne(warehouse, ask))
  const ends = states.length > 0 ? await end() : {}
  return { known: states.map(state => checked(state, ends)), damaged }
}
