import { hostname } from 'node:os'
import { StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import { isAlive } from './alive.ts'
import type { FileStatus, Hdfs } from './hdfs.ts'

/** HDFS holds no lock for whoever is gone: a file says who holds it, and is written again while they live. */
const beatMs = 30_000
const silenceMsMax = 5 * 60_000
const lockBytesMax = 4096

interface Holder {
  readonly host: string
  readonly pid: number
}

const holderOf = async (hdfs: Hdfs, path: string): Promise<Holder | undefined> => {
  try {
    const pieces: Buffer[] = []
    for await (const piece of hdfs.read(path, { to: lockBytesMax })) pieces.push(piece)
    const { host, pid } = parseJson(Buffer.concat(pieces).toString()) as Partial<Holder>
    return typeof host === 'string' && Number.isSafeInteger(pid) && pid! > 0 ? { host, pid: pid! } : undefined
  } catch {
    return undefined
  }
}

/** The NameNode's clock, which is also what stamps files. */
const clockOf = async (hdfs: Hdfs, probe: string): Promise<number> => {
  await hdfs.makeFolder(probe)
  const at = (await hdfs.status(probe))?.modifiedMs ?? 0
  await hdfs.remove(probe)
  return at
}

const isGone = async (hdfs: Hdfs, file: FileStatus, holder: Holder | undefined, probe: string): Promise<boolean> => {
  if (holder?.host === hostname()) return !isAlive(holder.pid)
  return (await clockOf(hdfs, probe)) - file.modifiedMs > silenceMsMax
}

/** How a refusal is to be told. */
export interface LockWords {
  readonly code: `${string}/locked`
  /** What is refused: `refresh`. */
  readonly doing: string
}

const held = (hdfs: Hdfs, path: string, holder: Holder | undefined, { code, doing }: LockWords) => {
  const who = holder === undefined ? 'another one' : `pid ${holder.pid} on ${JSON.stringify(holder.host)}`
  const message = `${doing}: another one is writing there: "${hdfs.name}${path}" is held by ${who}; wait until it ends, or stop it`
  return new StreamError(code, message)
}

const isCode = (thrown: unknown, code: string) => thrown instanceof StreamError && thrown.code === code

/** Takes away the lock of somebody who is gone; false if it is another one by now. */
const takeAway = async (hdfs: Hdfs, path: string, stale: FileStatus, aside: string): Promise<boolean> => {
  try {
    await hdfs.rename(path, aside)
  } catch (thrown) {
    if (isCode(thrown, 'hdfs/absent')) return true
    throw thrown
  }
  if ((await hdfs.status(aside))?.id === stale.id) return hdfs.remove(aside)
  await hdfs.rename(aside, path)
  return false
}

/** One that is ours until it is disposed of. */
export interface HdfsLock extends AsyncDisposable {
  /** Rejects if somebody took us for gone. */
  check(): Promise<void>
}

/** Takes the lock that the file `path` stands for, or is refused at once with the code of `words`. */
export const lockOnHdfs = async (hdfs: Hdfs, path: string, id: string, words: LockWords): Promise<HdfsLock> => {
  const text = Buffer.from(`${JSON.stringify({ host: hostname(), pid: process.pid })}\n`)
  const idNow = async () => (await hdfs.status(path))?.id
  for (;;) {
    try {
      await hdfs.write(path, [text])
      break
    } catch (thrown) {
      if (!isCode(thrown, 'hdfs/exists')) throw thrown
    }
    const file = await hdfs.status(path)
    if (file === undefined) continue
    const holder = await holderOf(hdfs, path)
    if (!(await isGone(hdfs, file, holder, `${path}-${id}`))) throw held(hdfs, path, holder, words)
    if (!(await takeAway(hdfs, path, file, `${path}-${id}`))) throw held(hdfs, path, await holderOf(hdfs, path), words)
  }
  let ours = await idNow()
  let isBeating = false
  const beat = async () => {
    if (isBeating || (await idNow()) !== ours) return
    isBeating = true
    await hdfs.write(path, [text], { overwrite: true })
    ours = await idNow()
    isBeating = false
  }
  // One that cannot be written is written again soon; whether it still stands is asked before it counts.
  const timer = setInterval(() => beat().catch(() => (isBeating = false)), beatMs).unref()
  const check = async () => {
    if ((await idNow()) === ours) return
    throw new StreamError(
      words.code,
      `${words.doing}: the lock "${hdfs.name}${path}" was taken by another one meanwhile`,
    )
  }
  return {
    check,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      // One that stays, as HDFS is away, is taken from us as from somebody who is gone.
      if ((await idNow().catch(() => undefined)) === ours) await hdfs.remove(path).catch(() => {})
    },
  }
}
