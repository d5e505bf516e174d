import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { childrenOf, endOrphans } from './orphans.ts'
import type { Daemon, Part } from './part.ts'
import { inReverse } from './parts.ts'
import { exists, type Place, placeOf, refuseForeign } from './place.ts'
import { end, isAlive } from './process.ts'
import { forget, recorded } from './record.ts'
import { type Stack, turnAt } from './stack.ts'

export interface DownOptions {
  /** Remove their data, configuration and logs too. */
  readonly wipe: boolean
}

const downDaemon = async (stack: Stack, place: Place, daemon: Daemon) => {
  const { tell } = stack
  const { name, stopMsMax, stopSignal } = daemon
  const record = await recorded(place, name)
  if (record === undefined) return
  if (await isAlive(record)) tell({ kind: 'stopping', daemon: name, pid: record.pid })
  const children = await childrenOf(place, daemon)
  tell({ kind: 'ended', daemon: name, how: await end(record, stopMsMax, stopSignal) })
  await endOrphans(stack, place, daemon, children)
  if (daemon.forgets === true) await rm(join(place.data, name), { recursive: true, force: true })
  await forget(place, name)
}

const downPart = async (stack: Stack, part: Part, place: Place) => {
  for (const daemon of part.daemons.toReversed()) await downDaemon(stack, place, daemon)
}

const wipePart = async ({ tell }: Stack, part: Part, place: Place) => {
  if (!(await exists(place.root))) return
  await refuseForeign(place)
  await rm(place.root, { recursive: true, force: true })
  tell({ kind: 'wiped', part: part.name })
}

/**
 * Ends these parts and those that need them, or all, in the reverse of the order in which they start. Ends nothing
 * that the stack did not start. Only those that were named are wiped.
 */
export const down = async (stack: Stack, names: readonly string[], { wipe }: DownOptions): Promise<void> => {
  const wanted = names.length === 0 ? [...stack.parts.keys()] : names
  const parts = inReverse(stack.parts, wanted)
  if (!(await exists(stack.folders.state))) return
  await using _ = await turnAt(stack)
  for (const part of parts) {
    const place = placeOf(stack.folders, part.name)
    await downPart(stack, part, place)
    if (wipe && wanted.includes(part.name)) await wipePart(stack, part, place)
  }
}
