import { join } from 'node:path'
import type { Daemon } from './part.ts'
import type { Place } from './place.ts'
import { end, type Identity } from './process.ts'
import type { Stack } from './stack.ts'

/** Whom they worked for is gone, so they need no time to say goodbye. */
const stopMsMax = 0

export const childrenOf = async ({ data }: Place, { name, children }: Daemon): Promise<readonly Identity[]> =>
  (await children?.(join(data, name))) ?? []

/** Ends what a daemon that is gone has left running. What it ran before it was ended it may not have on record any more. */
export const endOrphans = async (
  { tell }: Stack,
  place: Place,
  daemon: Daemon,
  before: readonly Identity[] = [],
): Promise<void> => {
  const all = new Map([...before, ...(await childrenOf(place, daemon))].map(child => [child.pid, child]))
  const how = await Promise.all([...all.values()].map(child => end(child, stopMsMax)))
  const ended = how.filter(one => one !== 'gone before').length
  if (ended > 0) tell({ kind: 'orphans', daemon: daemon.name, ended })
}
