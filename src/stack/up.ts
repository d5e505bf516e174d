import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFileSystem } from '../std/durable.ts'
import { StreamError } from '../std/error.ts'
import { commandLine } from './command.ts'
import { writeConf } from './conf.ts'
import { fetchedFor } from './fetched.ts'
import { checked } from './folders.ts'
import { findInstalled } from './installed.ts'
import { launch, runOnce } from './launch.ts'
import { endOrphans } from './orphans.ts'
import type { Daemon, Ports, Program } from './part.ts'
import { inOrder } from './parts.ts'
import { exists, makePlace, refuseForeign } from './place.ts'
import { isFree, ownerOf } from './port.ts'
import { running } from './record.ts'
import { neededBy, placed, type Stack, turnAt } from './stack.ts'
import { bind, partsInUse } from './uses.ts'
import { type Placed, temporary, unformatted, variablesFor } from './variables.ts'
import { untilReady } from './waiting.ts'

export interface UpOptions {
  /** Added to every port. */
  readonly portOffset: number
  /** Wipe the data of the parts that were named (not of those that they need) first. */
  readonly fresh: boolean
  readonly javaOptions: readonly string[]
}

export const portMax = 65_535

const readied = async (stack: Stack, names: readonly string[], { portOffset }: UpOptions): Promise<Placed[]> => {
  const all: Placed[] = []
  for (const part of inOrder(stack.parts, names))
    all.push(placed(stack, part, portOffset, await fetchedFor(stack, part)))
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

/** What the system's packages bring must be there. */
const refuseMissing = async ({ part }: Placed, environment: NodeJS.ProcessEnv) => {
  for (const { program } of part.daemons) if (program.kind === 'system') await findInstalled(program, environment)
}

const refusePaths = ({ part, place, fetched }: Placed) => {
  checked(place.root, 'TEXTSTREAM_STATE', part.breaksPaths)
  for (const path of Object.values(fetched)) checked(path, 'TEXTSTREAM_CACHE', part.breaksPaths)
}

/** Everything that can be refused is refused before anything is started or wiped. */
const check = async ({ environment }: Stack, all: readonly Placed[]) => {
  for (const one of all) {
    refusePaths(one)
    await refuseForeign(one.place)
    await refuseMissing(one, environment)
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
  await rm(temporary(place.data, daemon.name), { recursive: true, force: true })
  await mkdir(temporary(place.data, daemon.name))
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

const upPart = async (starting: Starting, portOffset: number) => {
  const { part, place } = starting.self
  await makePlace(place)
  await bind(place, part, portOffset)
  for (const daemon of part.daemons) await upDaemon(starting, daemon)
}

/** Each part as soon as those that it needs are up. Waits for all, also where one fails. */
const upAll = async (stack: Stack, all: readonly Placed[], { javaOptions, portOffset }: UpOptions) => {
  const ups = new Map<string, Promise<void>>()
  for (const self of all) {
    const needed = neededBy(stack.parts, self, all)
    const before = Promise.all(needed.map(({ part }) => ups.get(part.name)))
    const own = before.then(() => upPart({ stack, self, needed, javaOptions }, portOffset))
    ups.set(self.part.name, own)
  }
  const ends = await Promise.allSettled(ups.values())
  const failed = ends.find(end => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/**
 * Starts these parts and what they need, and resolves once all of them are ready. What runs already is left as it is;
 * what died is started again on its data.
 */
export const up = async (given: Stack, names: readonly string[], options: UpOptions): Promise<void> => {
  const inUse = async () => ({ ...given, parts: await partsInUse(given, { names, ...options }) })
  // Others may go on while we download; what is up may be another thing afterwards.
  await readied(await inUse(), names, options)
  await using _ = await turnAt(given)
  const stack = await inUse()
  const all = await readied(stack, names, options)
  await check(stack, all)
  if (options.fresh) for (const one of all.filter(({ part }) => names.includes(part.name))) await wipe(stack, one)
  await upAll(stack, all, options)
}
