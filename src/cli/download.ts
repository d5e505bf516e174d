import { createHash } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, syncFolder } from '../std/durable.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'

export const bookBytesMax = 32 * 1024 * 1024
export const logBytesMax = 64 * 1024 * 1024
export const pageBytesMax = 4 * 1024 * 1024
/** Of one whole file. */
const downloadMsMax = 120_000
/** Without a single byte. */
const idleMsMax = 20_000

export interface Fetched {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly note: string
}

export interface Download {
  /** Asked for only if the file is not there yet. */
  readonly url: () => Promise<string>
  readonly dir: string
  readonly file: string
  readonly bytesMax: number
  /** What to tell a person about these bytes; throws if they must not be kept. */
  readonly verdict: (bytes: Buffer, url: string) => string
}

const unreachable = (url: string, cause: unknown) => {
  const { host } = new URL(url)
  const why = errnoOf(cause) ?? reasonOf(cause)
  return new StreamError(
    'books/unreachable',
    `download "${url}": cannot reach "${host}": ${why}; is there internet? behind a proxy set NODE_USE_ENV_PROXY=1`,
    { cause },
  )
}

const request = async (url: string, signal: AbortSignal): Promise<Response> => {
  const response = await fetch(url, { signal }).catch(cause => {
    throw unreachable(url, cause)
  })
  if (response.ok) return response
  await response.body?.cancel()
  throw new StreamError(
    'books/refused',
    `download "${url}": the server answers ${response.status} ${response.statusText}`,
  )
}

const bodyOf = async (response: Response, url: string, bytesMax: number, onBytes: () => void): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    onBytes()
    length += part.length
    if (length > bytesMax)
      throw new StreamError('books/too-large', `download "${url}": more than ${bytesMax} bytes; not kept`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** The whole answer in memory, or an error that says why not; bounded in bytes and in time. */
export const get = async (url: string, bytesMax: number): Promise<Buffer> => {
  const stop = new AbortController()
  const fail = (what: string) => () => stop.abort(new Error(what))
  const whole = setTimeout(fail(`not done after ${downloadMsMax} ms`), downloadMsMax)
  const idle = setTimeout(fail(`nothing came for ${idleMsMax} ms`), idleMsMax)
  try {
    const response = await request(url, stop.signal)
    return await bodyOf(response, url, bytesMax, () => idle.refresh())
  } catch (thrown) {
    if (thrown instanceof StreamError) throw thrown
    throw new StreamError('books/cut', `download "${url}": cut off: ${reasonOf(thrown)}; not kept`, { cause: thrown })
  } finally {
    clearTimeout(whole)
    clearTimeout(idle)
    stop.abort()
  }
}

/** All of it under its name, or nothing: written beside it, made durable, then renamed. */
const put = async (dir: string, file: string, bytes: Buffer) => {
  await makeFolder(dir)
  const temporary = join(dir, `.${file}.${process.pid}`)
  try {
    await using handle = await open(temporary, 'wx')
    await handle.writeFile(bytes)
    await handle.sync()
    await rename(temporary, join(dir, file))
    await syncFolder(dir)
  } catch (thrown) {
    await rm(temporary, { force: true })
    throw thrown
  }
}

const existing = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path)
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

const fetched = (file: string, bytes: Buffer, note: string): Fetched => ({
  file,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  note,
})

/** Fetches `url` into `dir/file`, unless that is there. The folder is made only once there is something to put in. */
export const download = async ({ url, dir, file, bytesMax, verdict }: Download): Promise<Fetched> => {
  const old = await existing(join(dir, file))
  if (old !== undefined) return fetched(file, old, 'there already')
  const address = await url()
  const bytes = await get(address, bytesMax)
  const note = verdict(bytes, address)
  await put(dir, file, bytes)
  return fetched(file, bytes, note)
}
