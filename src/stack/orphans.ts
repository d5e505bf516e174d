import { join } from 'node:path'
import type { Daemon } from './part.ts'
import type { Place } from './place.ts'
import { end } from './process.ts'
import type { Stack } from './stack.ts'

/** Whom they worked for is gone, so they need no time to say goodbye. */
const stopMsMax = 0

/** Ends what a daemon that is gone has left running. */
export const endOrphans = async ({ tell }: Stack, { data }: Place, { name, children }: Daemon): Promise<void> => {
  const left = (await children?.(join(data, name))) ?? []
  await Promise.all(left.map(orphan => end(orphan, stopMsMax)))
  if (left.length > 0) tell({ kind: 'orphans', daemon: name, ended: left.length })
}
