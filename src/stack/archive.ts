import { execFile } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { reasonOf } from '../std/error.ts'
import { keptIn, shortDigest } from './cache.ts'
import { findJava, type Java } from './installed.ts'
import type { Asked } from './jars.ts'
import { type Place, readIfThere } from './place.ts'

const dumpMsMax = 180_000
const outputBytesMax = 64 * 1024 * 1024

export interface Archiving extends Asked {
  /** Told before one is made, and if that failed: without it all runs, and starts slower. */
  readonly onArchive: (java: string, failed?: string) => void
}

/** Another JVM refuses it, and so is not given it. */
const nameOf = (lib: string, { build }: Java, list: string): string =>
  `${basename(lib)}-${shortDigest(list).slice(0, 8)}-java-${build.replace(/[^\w.+-]/g, '_')}.jsa`

/** A JVM that maps half an archive crashes, so it is on the disk before it has its name. */
const dump = async (java: Java, lib: string, list: string, work: string): Promise<string> => {
  const own = (await readIfThere(join(java.home, 'lib/classlist'))) ?? ''
  const classes = join(work, 'classes.lst')
  await writeFile(classes, `${own}${list}`)
  const made = join(work, 'made.jsa')
  const options = ['-Xshare:dump', '-XX:+UseSerialGC', `-XX:SharedClassListFile=${classes}`, '-Xlog:cds=error']
  const args = [...options, `-XX:SharedArchiveFile=${made}`, '-cp', `${lib}/*`]
  await promisify(execFile)(java.path, args, { timeout: dumpMsMax, maxBuffer: outputBytesMax })
  await using file = await open(made)
  await file.sync()
  return made
}

/**
 * Where the JVM finds the part's classes, read and checked once, and so starts in half the time: those of
 * `classes.lst`, made once for each version of Java. If there is no such list, or it could not be made, nothing is there.
 */
export const archiveOf = async (place: Place, lib: string, asked: Archiving): Promise<string> => {
  const list = await readIfThere(join(place.installation, 'classes.lst'))
  if (list === undefined) return `${lib}.jsa`
  const java = await findJava(asked.environment)
  const name = nameOf(lib, java, list)
  try {
    return await keptIn({ ...asked, part: place.part, name }, work => {
      asked.onArchive(java.version)
      return dump(java, lib, list, work)
    })
  } catch (thrown) {
    asked.onArchive(java.version, reasonOf(thrown))
    return join(asked.cache, name)
  }
}
