import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../std/error.ts'
import { digestOf, keptIn, shortDigest } from './cache.ts'
import { findJava, findMaven } from './installed.ts'
import { copyJars } from './maven.ts'
import { namesIn, type Place, readIfThere } from './place.ts'

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

const download = async (
  { part, installation }: Place,
  work: string,
  pins: Pins,
  { environment, onProgress }: Asked,
): Promise<string> => {
  const [{ path: java }, maven] = [await findJava(environment), await findMaven(environment)]
  const [into, pom] = [join(work, 'jars'), join(work, 'pom.xml')]
  await mkdir(into)
  // Maven may write beside the pom, which may lie where we can't.
  await copyFile(join(installation, 'pom.xml'), pom)
  onProgress(0, pins.size)
  await copyJars({ pom, maven, java, into, environment, onLine: countingJars(pins, onProgress) })
  await verify(part, into, pins)
  onProgress(pins.size, pins.size)
  return into
}

/**
 * The folder that holds a part's jars, or `undefined` if it needs none. They are downloaded once for each version of
 * what is pinned; from then on neither the network nor Maven is needed.
 */
export const jarsOf = async (place: Place, asked: Asked): Promise<string | undefined> => {
  const pom = await readIfThere(join(place.installation, 'pom.xml'))
  if (pom === undefined) return undefined
  const pinned = await readFile(join(place.installation, 'jars.sha256'), 'utf8')
  const kept = { ...asked, part: place.part, name: `${place.part}-${shortDigest(pom, pinned)}` }
  return keptIn(kept, work => download(place, work, pinsFrom(pinned), asked))
}
