import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { StreamError } from '../std/error.ts'
import { findJava, findMaven } from './installed.ts'
import { copyJars } from './maven.ts'
import { lockFolder } from './patience.ts'
import { exists, namesIn, type Place, readIfThere } from './place.ts'

/** For another download of the same cache to end. */
export const cacheWaitMsMax = 15 * 60_000

export interface Asked {
  /** The folder of all jars, of all parts. */
  readonly cache: string
  readonly environment: NodeJS.ProcessEnv
  /** Jars that are here, of those that the part needs. */
  readonly onProgress: (done: number, total: number) => void
  readonly onWait: (why: string) => void
}

/** By the name of each jar, its sha256. */
export type Pins = ReadonlyMap<string, string>

/** As `sha256sum` writes it. */
export const pinsFrom = (text: string): Pins =>
  new Map([...text.matchAll(/^([0-9a-f]{64}) [ *](\S+)$/gm)].map(([, digest, jar]) => [jar, digest]))

const digestOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

const unlike = (part: string, what: string) =>
  new StreamError(
    'stack/jars',
    `the jars of "${part}": ${what}; nothing of it is kept. Is a mirror in between? Remove what Maven keeps of it in ~/.m2/repository and start again`,
  )

/** The folder holds these jars, byte for byte, and no others. */
const verify = async (part: string, folder: string, pins: Pins): Promise<void> => {
  const jars = (await namesIn(folder)).filter(name => name.endsWith('.jar'))
  const strange = jars.find(jar => !pins.has(jar))
  if (strange !== undefined) throw unlike(part, `"${strange}" came, and is not among the pinned ones`)
  for (const [jar, digest] of pins) {
    if (!jars.includes(jar)) throw unlike(part, `"${jar}" is missing`)
    if ((await digestOf(join(folder, jar))) !== digest) throw unlike(part, `"${jar}" is not the one that was pinned`)
  }
}

/** Counts each pinned jar once. Those that Maven has already it does not name. */
const countingJars = (pins: Pins, onProgress: Asked['onProgress']) => {
  const seen = new Set<string>()
  return (line: string) => {
    const jar = /Downloaded from .*?([^/\s]+\.jar)\b/.exec(line)?.[1]
    if (jar === undefined || !pins.has(jar) || seen.has(jar)) return
    onProgress(seen.add(jar).size, pins.size)
  }
}

export const leftoverOf = (part: string) => `.${part}.`

const removeLeftovers = async (cache: string, part: string): Promise<void> => {
  const leftovers = (await namesIn(cache)).filter(name => name.startsWith(leftoverOf(part)))
  for (const name of leftovers) await rm(join(cache, name), { recursive: true, force: true })
}

/** Into a folder beside it, which gets its name once it is whole. */
const download = async ({ part, installation }: Place, folder: string, pins: Pins, asked: Asked): Promise<void> => {
  const [java, maven] = [await findJava(asked.environment), await findMaven(asked.environment)]
  await removeLeftovers(asked.cache, part)
  const work = join(asked.cache, `${leftoverOf(part)}${randomUUID()}`)
  const into = join(work, 'jars')
  try {
    await mkdir(into, { recursive: true })
    // Maven may write beside the pom, which may lie where we can't.
    const pom = join(work, 'pom.xml')
    await copyFile(join(installation, 'pom.xml'), pom)
    const onLine = countingJars(pins, asked.onProgress)
    asked.onProgress(0, pins.size)
    await copyJars({ maven, java: java.path, pom, into, environment: asked.environment, onLine })
    await verify(part, into, pins)
    asked.onProgress(pins.size, pins.size)
    await rename(into, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * The folder that holds a part's jars, or `undefined` if it needs none. They are downloaded once for each version of
 * what is pinned; from then on neither the network nor Maven is needed.
 */
export const jarsOf = async (place: Place, asked: Asked): Promise<string | undefined> => {
  const pom = await readIfThere(join(place.installation, 'pom.xml'))
  if (pom === undefined) return undefined
  const pinned = await readFile(join(place.installation, 'jars.sha256'), 'utf8')
  const version = createHash('sha256').update(pom).update('\0').update(pinned).digest('hex').slice(0, 16)
  const folder = join(asked.cache, `${place.part}-${version}`)
  if (await exists(folder)) return folder
  await using _ = await lockFolder(asked.cache, cacheWaitMsMax, asked.onWait)
  if (!(await exists(folder))) await download(place, folder, pinsFrom(pinned), asked)
  return folder
}
