import { readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { reasonOf } from '../std/error.ts'
import { findInstalled, findJava, findMaven } from './installed.ts'
import type { Part } from './part.ts'
import { findPython } from './pip.ts'
import { exists } from './place.ts'
import { isFree, ownerOf } from './port.ts'
import type { Stack } from './stack.ts'
import { type DaemonStatus, status } from './status.ts'

/** `bad`: something that was started, or cannot work, is broken. `warn`: what a person may need is missing or risky. */
export type Verdict = 'ok' | 'warn' | 'bad'

export interface Finding {
  readonly check: string
  readonly verdict: Verdict
  readonly says: string
}

export const nodeMajorMin = 24
const freeMiBMin = 4_096
const adviceMsMax = 5_000
const filesMax = 100_000

const mebi = 1024 * 1024
const inMiB = (bytes: number) => `${Math.round(bytes / mebi).toLocaleString('en')} MiB`

const finding = (check: string, verdict: Verdict, says: string): Finding => ({ check, verdict, says })

const node = (version: string): Finding => {
  const isNew = Number.parseInt(version, 10) >= nodeMajorMin
  return finding('node', isNew ? 'ok' : 'bad', isNew ? version : `${version}; needs ${nodeMajorMin} or newer`)
}

/** Only the real engines need it, so nothing is broken without. */
const tool = async (check: string, find: () => Promise<string>): Promise<Finding> => {
  try {
    return finding(check, 'ok', await find())
  } catch (thrown) {
    return finding(check, 'warn', reasonOf(thrown))
  }
}

const java = async (environment: NodeJS.ProcessEnv) => {
  const { path, version } = await findJava(environment)
  return `${version} at ${path}`
}

/** What packages of the system bring, and what downloads those of Python. */
const others = ({ environment, parts }: Stack): Promise<Finding[]> => {
  const programs = [...parts.values()].flatMap(({ daemons }) => daemons.map(({ program }) => program))
  const installed = programs.filter(program => program.kind === 'system')
  const bundles = [...parts.values()].flatMap(({ bundles = [] }) => bundles)
  return Promise.all([
    ...installed.map(program => tool(program.command, () => findInstalled(program, environment))),
    ...(bundles.some(({ from }) => from.kind === 'pypi') ? [tool('pip', () => findPython(environment))] : []),
  ])
}

/** A folder may not be there yet: then the one above it counts. */
const nearest = async (path: string): Promise<string> =>
  (await exists(path)) || dirname(path) === path ? path : nearest(dirname(path))

const disk = async (check: string, path: string): Promise<Finding> => {
  const { bavail, bsize } = await statfs(await nearest(path))
  const free = bavail * bsize
  const says = `${inMiB(free)} free for "${path}"`
  return free < freeMiBMin * mebi
    ? finding(check, 'warn', `${says}; jars and data want ${freeMiBMin} MiB`)
    : finding(check, 'ok', says)
}

const memory = (parts: readonly Part[], states: readonly DaemonStatus[]): Finding => {
  const stopped = parts.filter(({ name }) => states.some(({ part, pid }) => part === name && pid === null))
  const wanted = Math.max(0, ...stopped.map(({ memoryMiB }) => memoryMiB)) * mebi
  const free = process.availableMemory()
  const says = `${inMiB(free)} free`
  return free < wanted
    ? finding('memory', 'warn', `${says}; the largest part that is down wants ${inMiB(wanted)}`)
    : finding('memory', 'ok', says)
}

const partState = ({ daemon, state, why, pid }: DaemonStatus): Finding => {
  if (state === 'down') return finding(daemon, 'ok', 'down')
  if (state === 'ready') return finding(daemon, 'ok', `up, pid ${pid}`)
  return finding(daemon, 'bad', `${state}: ${why}`)
}

const takenPorts = async (states: readonly DaemonStatus[]): Promise<Finding[]> => {
  const wanted = states
    .filter(({ pid }) => pid === null)
    .flatMap(({ part, ports }) => Object.values(ports).map(port => ({ part, port })))
  const taken: Finding[] = []
  for (const { part, port } of wanted) {
    if (await isFree(port)) continue
    taken.push(finding('ports', 'warn', `${port} of "${part}" is taken by ${await ownerOf(port)}`))
  }
  return taken.length > 0
    ? taken
    : [finding('ports', 'ok', `${wanted.map(({ port }) => port).join(', ') || 'all'} free`)]
}

/** Of all files below, counted to a bound. */
const bytesBelow = async (folder: string): Promise<number> => {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  let bytes = 0
  for (const name of names.slice(0, filesMax)) {
    const { size, isFile } = await stat(join(folder, name)).then(
      found => ({ size: found.size, isFile: found.isFile() }),
      () => ({ size: 0, isFile: false }),
    )
    if (isFile) bytes += size
  }
  return bytes
}

const advised = async (part: Part, states: readonly DaemonStatus[]): Promise<Finding[]> => {
  const own = states.filter(state => state.part === part.name)
  if (part.advice === undefined || own.some(({ state }) => state !== 'ready')) return []
  const ports = Object.assign({}, ...own.map(state => state.ports))
  try {
    const advice = await part.advice(ports, AbortSignal.timeout(adviceMsMax))
    return advice.map(says => finding(part.name, 'warn', says))
  } catch (thrown) {
    return [finding(part.name, 'warn', `could not be asked: ${reasonOf(thrown)}`)]
  }
}

/** What this machine lacks, and what is wrong with what runs. Changes nothing. */
export const examine = async (stack: Stack): Promise<Finding[]> => {
  const { environment, folders, parts } = stack
  const states = await status(stack)
  return [
    node(process.versions.node),
    await tool('java', () => java(environment)),
    await tool('maven', () => findMaven(environment)),
    ...(await others(stack)),
    await disk('disk', folders.state),
    finding('jars', 'ok', `${inMiB(await bytesBelow(folders.cache))} in "${folders.cache}"`),
    finding('data', 'ok', `${inMiB(await bytesBelow(folders.state))} in "${folders.state}"`),
    memory([...parts.values()], states),
    ...(await takenPorts(states)),
    ...states.map(partState),
    ...(await Promise.all([...parts.values()].map(part => advised(part, states)))).flat(),
  ]
}
