import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { lockFolder } from './patience.ts'
import { exists, namesIn } from './place.ts'

/** For another download of the same cache to end. */
const waitMsMax = 30 * 60_000

export interface Kept {
  /** Of all parts. */
  readonly cache: string
  /** Its folder's name in there: another content is another name. */
  readonly name: string
  /** Whose leftovers are removed. */
  readonly part: string
  readonly onWait: (why: string) => void
}

const leftoverOf = (part: string) => `.${part}.`

const removeLeftovers = async (cache: string, part: string): Promise<void> => {
  const leftovers = (await namesIn(cache)).filter(name => name.startsWith(leftoverOf(part)))
  for (const name of leftovers) await rm(join(cache, name), { recursive: true, force: true })
}

/**
 * A folder of the cache. If it isn't there, `fill` makes it: its name in an empty folder, from where it is moved to
 * its place, whole.
 */
export const keptIn = async (
  { cache, name, part, onWait }: Kept,
  fill: (work: string) => Promise<string>,
): Promise<string> => {
  const folder = join(cache, name)
  if (await exists(folder)) return folder
  await using _ = await lockFolder(cache, waitMsMax, onWait)
  if (await exists(folder)) return folder
  await removeLeftovers(cache, part)
  const work = join(cache, `${leftoverOf(part)}${randomUUID()}`)
  try {
    await mkdir(work)
    await rename(await fill(work), folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return folder
}

export const digestOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** For names in the cache. */
export const shortDigest = (...texts: readonly string[]): string =>
  createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16)
