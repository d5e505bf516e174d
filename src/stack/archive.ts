import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { reasonOf } from '../std/error.ts'
import { findJava, type Java } from './installed.ts'
import { type Asked, cacheWaitMsMax, leftoverOf } from './jars.ts'
import { lockFolder } from './patience.ts'
import { exists, type Place, readIfThere } from './place.ts'

const dumpMsMax = 180_000
const outputBytesMax = 64 * 1024 * 1024

export interface Archiving extends Asked {
  /** Told before one is made, and if that failed: without it all runs, and starts slower. */
  readonly onArchive: (java: string, failed?: string) => void
}

/** Another JVM refuses it, and so is not given it. */
const nameOf = (lib: string, { build }: Java, list: string): string => {
  const digest = createHash('sha256').update(list).digest('hex').slice(0, 8)
  return `${basename(lib)}-${digest}-java-${build.replace(/[^\w.+-]/g, '_')}.jsa`
}

/** A JVM that maps half an archive crashes, so it is on the disk before it has its name. */
const dump = async (java: Java, lib: string, list: string, work: string, archive: string): Promise<void> => {
  await mkdir(work)
  const own = (await readIfThere(join(java.home, 'lib/classlist'))) ?? ''
  const classes = join(work, 'classes.lst')
  await writeFile(classes, `${own}${list}`)
  const made = join(work, 'made.jsa')
  const options = ['-Xshare:dump', '-XX:+UseSerialGC', `-XX:SharedClassListFile=${classes}`, '-Xlog:cds=error']
  const args = [...options, `-XX:SharedArchiveFile=${made}`, '-cp', `${lib}/*`]
  await promisify(execFile)(java.path, args, { timeout: dumpMsMax, maxBuffer: outputBytesMax })
  await using file = await open(made)
  await file.sync()
  await rename(made, archive)
}

/**
 * Where the JVM finds the part's classes, read and checked once, and so starts in half the time: those of
 * `classes.lst`, made once for each version of Java. If there is no such list, or it could not be made, nothing is there.
 */
export const archiveOf = async (place: Place, lib: string, asked: Archiving): Promise<string> => {
  const list = await readIfThere(join(place.installation, 'classes.lst'))
  if (list === undefined) return `${lib}.jsa`
  const java = await findJava(asked.environment)
  const archive = join(asked.cache, nameOf(lib, java, list))
  if (await exists(archive)) return archive
  await using _ = await lockFolder(asked.cache, cacheWaitMsMax, asked.onWait)
  if (await exists(archive)) return archive
  asked.onArchive(java.version)
  const work = join(asked.cache, `${leftoverOf(place.part)}${randomUUID()}`)
  try {
    await dump(java, lib, list, work, archive)
  } catch (thrown) {
    asked.onArchive(java.version, reasonOf(thrown))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return archive
}
