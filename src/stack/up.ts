import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFileSystem } from '../std/durable.ts'
import { StreamError } from '../std/error.ts'
import { type Archiving, archiveOf } from './archive.ts'
import { commandLine } from './command.ts'
import { writeConf } from './conf.ts'
import { checked } from './folders.ts'
import { jarsOf } from './jars.ts'
import { launch, runOnce } from './launch.ts'
import { endOrphans } from './orphans.ts'
import type { Daemon, Ports, Program } from './part.ts'
import { inOrder } from './parts.ts'
import { exists, makePlace, type Place, refuseForeign } from './place.ts'
import { isFree, ownerOf } from './port.ts'
import { running } from './record.ts'
import { neededBy, placed, type Stack, turnAt } from './stack.ts'
import { type Jars, type Placed, unformatted, variablesFor } from './variables.ts'
import { untilReady } from './waiting.ts'

export interface UpOptions {
  /** Added to every port. */
  readonly portOffset: number
  /** Wipe the data of the parts that were named (not of those that they need) first. */
  readonly fresh: boolean
  readonly javaOptions: readonly string[]
}

export const portMax = 65_535

const jarsFor = async ({ folders, environment, tell }: Stack, place: Place): Promise<Jars | undefined> => {
  const { part } = place
  const asked: Archiving = {
    cache: folders.cache,
    environment,
    onProgress: (done, total) => tell({ kind: 'jars', part, done, total }),
    onArchive: (java, failed) => tell({ kind: 'archive', part, java, failed }),
    onWait: why => tell({ kind: 'waiting', why }),
  }
  const lib = await jarsOf(place, asked)
  return lib === undefined ? undefined : { lib, archive: await archiveOf(place, lib, asked) }
}

const readied = async (stack: Stack, names: readonly string[], { portOffset }: UpOptions): Promise<Placed[]> => {
  const all: Placed[] = []
  for (const part of inOrder(stack.parts, names)) {
    const { place } = placed(stack, part, portOffset)
    all.push(placed(stack, part, portOffset, await jarsFor(stack, place)))
  }
  return all
}

const listed = (ports: Ports) => Object.values(ports).join(', ')

const refuseOtherPorts = ({ part, ports }: Placed, { name }: Daemon, actual: Ports) => {
  if (Object.entries(ports).every(([port, number]) => actual[port] === number)) return
  const message = `"${name}" is up on the ports ${listed(actual)}, not on ${listed(ports)}; end it first: textstream stack down ${part.name}`
  throw new StreamError('stack/other-ports', message)
}

const refuseTakenPorts = async ({ part, ports }: Placed, daemon: Daemon) => {
  for (const name of daemon.ports) {
    if (await isFree(ports[name])) continue
    const owner = await ownerOf(ports[name])
    const message = `port ${ports[name]} of "${part.name}" is taken by ${owner}, which the stack did not start; end it, or take other ports with --port-offset`
    throw new StreamError('stack/port-taken', message)
  }
}

const refusePaths = ({ part, place, jars }: Placed) => {
  checked(place.root, 'TEXTSTREAM_STATE', part.breaksPaths)
  if (jars !== undefined) checked(jars.lib, 'TEXTSTREAM_CACHE', part.breaksPaths)
}

/** Everything that can be refused is refused before anything is started or wiped. */
const check = async (all: readonly Placed[]) => {
  for (const one of all) {
    refusePaths(one)
    await refuseForeign(one.place)
    for (const daemon of one.part.daemons) {
      const record = await running(one.place, daemon.name)
      if (record === undefined) await refuseTakenPorts(one, daemon)
      else refuseOtherPorts(one, daemon, record.ports)
    }
  }
}

const wipe = async (stack: Stack, { part, place }: Placed) => {
  for (const daemon of part.daemons) {
    if ((await running(place, daemon.name)) === undefined) continue
    const message = `"${daemon.name}" is up, and its data cannot be wiped; end it first: textstream stack down ${part.name}`
    throw new StreamError('stack/running', message)
  }
  await rm(place.data, { recursive: true, force: true })
  stack.tell({ kind: 'wiped', part: part.name })
}

/** One part among the others, about to start. */
interface Starting {
  readonly stack: Stack
  readonly self: Placed
  readonly needed: readonly Placed[]
  readonly javaOptions: readonly string[]
}

const commandFor = async ({ stack, self, needed, javaOptions }: Starting, program: Program, formatting?: string) => {
  const variables = variablesFor(self, needed, formatting)
  await writeConf(self.place, variables)
  return commandLine(program, { environment: stack.environment, variables, javaOptions })
}

/** Data is only ever under its own name when it is whole. */
const format = async (starting: Starting, { name, format }: Daemon) => {
  const { stack, self } = starting
  const [data, unfinished] = [join(self.place.data, name), unformatted(self.place.data, name)]
  if (await exists(data)) return
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished)
  if (format !== undefined) {
    stack.tell({ kind: 'formatting', daemon: name })
    const command = await commandFor(starting, format, name)
    await runOnce({ place: self.place, daemon: name, command, environment: stack.environment })
    await syncFileSystem(unfinished)
  }
  await rename(unfinished, data)
}

const startDaemon = async (starting: Starting, daemon: Daemon) => {
  const { stack, self } = starting
  const { place, ports } = self
  await endOrphans(stack, place, daemon)
  await format(starting, daemon)
  const command = await commandFor(starting, daemon.program)
  return launch({ place, daemon: daemon.name, ports, command, environment: stack.environment })
}

const upDaemon = async (starting: Starting, daemon: Daemon) => {
  const { stack, self } = starting
  const began = performance.now()
  const before = await running(self.place, daemon.name)
  const record = before ?? (await startDaemon(starting, daemon))
  if (before === undefined) stack.tell({ kind: 'starting', daemon: daemon.name, pid: record.pid })
  else stack.tell({ kind: 'running', daemon: daemon.name })
  await untilReady(self.place, daemon, self.ports, record)
  stack.tell({ kind: 'ready', daemon: daemon.name, ms: performance.now() - began, ports: self.ports })
}

/**
 * Starts these parts and what they need, and resolves once all of them are ready. What runs already is left as it is;
 * what died is started again on its data.
 */
export const up = async (stack: Stack, names: readonly string[], options: UpOptions): Promise<void> => {
  const all = await readied(stack, names, options)
  await using _ = await turnAt(stack)
  await check(all)
  if (options.fresh) for (const one of all.filter(({ part }) => names.includes(part.name))) await wipe(stack, one)
  for (const self of all) {
    await makePlace(self.place)
    const needed = neededBy(stack.parts, self, all)
    const starting = { stack, self, needed, javaOptions: options.javaOptions }
    for (const daemon of self.part.daemons) await upDaemon(starting, daemon)
  }
}
