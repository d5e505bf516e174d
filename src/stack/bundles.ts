import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { reasonOf, StreamError } from '../std/error.ts'
import { digestOf, keptIn, shortDigest } from './cache.ts'
import { findJava, findMaven } from './installed.ts'
import { copyArtifact } from './maven.ts'
import type { Bundle } from './part.ts'
import { download } from './pip.ts'

const unpackMsMax = 10 * 60_000

export interface AskedForBundle {
  readonly cache: string
  readonly environment: NodeJS.ProcessEnv
  readonly onBytes: (bytes: number) => void
  readonly onWait: (why: string) => void
}

const fetchByMaven = async (artifact: string, work: string, { environment }: AskedForBundle): Promise<string> => {
  const [{ path: java }, maven] = [await findJava(environment), await findMaven(environment)]
  const into = join(work, 'file')
  await copyArtifact(artifact, { maven, java, into, environment, onLine: () => {} })
  return into
}

const fetched = ({ from, sha256 }: Bundle, work: string, asked: AskedForBundle): Promise<string> =>
  from.kind === 'maven'
    ? fetchByMaven(from.artifact, work, asked)
    : download({ requirement: from.requirement, sha256, work, environment: asked.environment, onBytes: asked.onBytes })

const verify = async ({ file, sha256 }: Bundle, path: string) => {
  if ((await digestOf(path)) === sha256) return
  throw new StreamError(
    'stack/jars',
    `"${file}" is not the one that was pinned; nothing of it is kept. Is a mirror in between?`,
  )
}

/** Only what is kept of it, under its last name. */
const unpack = async ({ file, keep }: Bundle, path: string, into: string) => {
  await mkdir(into)
  const depth = keep.split('/').length - 1
  const args = ['-xzf', path, '-C', into, `--strip-components=${depth}`, keep]
  try {
    await promisify(execFile)('tar', args, { timeout: unpackMsMax })
  } catch (thrown) {
    const why = reasonOf(thrown)
    if (/no space left on device/i.test(why))
      throw new StreamError('stack/disk-full', `unpack "${file}": no space left on device; make room and start again`)
    throw new StreamError('stack/unpack', `unpack "${file}": ${why}`, { cause: thrown })
  }
}

/** The folder in the cache that holds what is kept of a bundle. It is downloaded once. */
export const bundleOf = (bundle: Bundle, asked: AskedForBundle): Promise<string> => {
  const { name, file, sha256, keep, mebibytes } = bundle
  const kept = { ...asked, part: name, name: `${name}-${shortDigest(sha256, keep)}` }
  return keptIn(kept, async work => {
    asked.onBytes(0)
    const path = join(await fetched(bundle, work, asked), file)
    await verify(bundle, path)
    const into = join(work, 'kept')
    await unpack(bundle, path, into)
    await rm(path)
    asked.onBytes(mebibytes * 1024 * 1024)
    return into
  })
}
