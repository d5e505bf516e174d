import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { down } from '../../src/stack/down.ts'
import { type Folders, foldersFrom } from '../../src/stack/folders.ts'
import { findInstalled, findJava } from '../../src/stack/installed.ts'
import type { Part } from '../../src/stack/part.ts'
import { inOrder, parts } from '../../src/stack/parts.ts'
import { placeOf } from '../../src/stack/place.ts'
import { recorded } from '../../src/stack/record.ts'
import type { Stack, StackEvent } from '../../src/stack/stack.ts'
import { status } from '../../src/stack/status.ts'
import { up } from '../../src/stack/up.ts'
import { reasonOf } from '../../src/std/error.ts'
import { freePortOffset } from './kafka-broker.ts'
import { killed, reapAfterwards } from './reaper.ts'

const required = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/)

/** Why these parts cannot run here, for `skip`; `false` if they can. Where one is required, that is an error. */
export const partsSkip = async (...names: readonly string[]): Promise<string | false> => {
  try {
    await findJava(process.env)
    for (const { daemons } of inOrder(parts, names))
      for (const { program } of daemons) if (program.kind === 'system') await findInstalled(program, process.env)
    return false
  } catch (thrown) {
    if (names.some(name => required.includes(name))) throw thrown
    return reasonOf(thrown)
  }
}

/** A stack of one's own, that may be hurt: on free ports, with data of its own that is gone afterwards. */
export interface OwnStack extends AsyncDisposable {
  readonly folders: Folders
  readonly portOffset: number
  readonly events: readonly StackEvent[]
  up(...names: string[]): Promise<void>
  fresh(...names: string[]): Promise<void>
  down(...names: string[]): Promise<void>
  wipe(...names: string[]): Promise<void>
  /** `daemon state`, of all that was started. */
  states(): Promise<string[]>
  pidOf(part: string, daemon: string): Promise<number>
  /** SIGKILL; resolves once it is gone. */
  kill(part: string, daemon: string): Promise<void>
}

const portsOf = (all: Iterable<Part>) => [...all].flatMap(({ ports }) => Object.values(ports))

export const ownStack = async (javaOptions: readonly string[] = []): Promise<OwnStack> => {
  const root = await mkdtemp(join(tmpdir(), 'textstream-stack-'))
  reapAfterwards(root)
  const folders = { state: join(root, 'stack'), cache: foldersFrom(process.env).cache }
  const events: StackEvent[] = []
  const stack: Stack = { parts, folders, environment: process.env, tell: event => events.push(event) }
  const portOffset = await freePortOffset(...portsOf(parts.values()))
  const options = { portOffset, fresh: false, javaOptions }
  const recordOf = async (part: string, daemon: string) => {
    const record = await recorded(placeOf(folders, part), daemon)
    if (record === undefined) throw new Error(`"${daemon}" was not started`)
    return record
  }
  const wipe = (...names: string[]) => down(stack, names, { wipe: true })
  return {
    folders,
    portOffset,
    events,
    up: (...names) => up(stack, names, options),
    fresh: (...names) => up(stack, names, { ...options, fresh: true }),
    down: (...names) => down(stack, names, { wipe: false }),
    wipe,
    states: async () => {
      const all = await status(stack)
      return all.filter(({ state }) => state !== 'down').map(({ daemon, state }) => `${daemon} ${state}`)
    },
    pidOf: async (part, daemon) => (await recordOf(part, daemon)).pid,
    kill: async (part, daemon) => killed(await recordOf(part, daemon)),
    [Symbol.asyncDispose]: async () => {
      await wipe().finally(() => rm(root, { recursive: true, force: true }))
    },
  }
}
