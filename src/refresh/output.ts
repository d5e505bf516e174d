import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { makeFolder, syncFileSystem, syncFolder } from '../std/durable.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { lock } from '../std/lock.ts'
import { linesOf } from './lines.ts'

export const receiptName = '_receipt.json'
export const documentsName = '_documents.ndjson'
export const malformedName = '_malformed.ndjson'
export const attemptsName = '_attempts'

const listingLineBytesMax = 2 ** 30

const usage = (message: string, cause?: unknown) => new StreamError('refresh/usage', message, { cause })

/** The names that lie around an output folder while it is being replaced. */
const around = (out: string) => {
  const beside = (suffix: string) => join(dirname(out), `.${basename(out)}.${suffix}`)
  return { old: beside('old'), lock: beside('lock'), run: (id: string) => beside(`run-${id}`) }
}

const isOurs = (dir: string) => existsSync(join(dir, receiptName))

const isEmpty = (dir: string) => readdirSync(dir).length === 0

/** What the refresh that left this folder wrote into it; everything else there is somebody else's. */
const ownNames = (dir: string): Set<string> => {
  const names = new Set([receiptName, documentsName, malformedName, attemptsName])
  const fd = openSync(join(dir, documentsName), 'r')
  try {
    for (const { bytes } of linesOf(fd, 0, Number.MAX_SAFE_INTEGER, listingLineBytesMax)) {
      names.add(JSON.parse(bytes.toString()).file)
    }
  } finally {
    closeSync(fd)
  }
  return names
}

const foreignNames = (dir: string): string[] => {
  const own = ownNames(dir)
  return readdirSync(dir).filter(name => !own.has(name))
}

/** A file that is not ours moves on into the new output; should its name be taken there, it stays where it is. */
const carryOver = (old: string, out: string): string[] => {
  const left: string[] = []
  for (const name of foreignNames(old)) {
    if (existsSync(join(out, name))) left.push(name)
    else renameSync(join(old, name), join(out, name))
  }
  return left
}

const removeOwn = (dir: string) => {
  const left = isOurs(dir) || existsSync(join(dir, documentsName)) ? foreignNames(dir) : readdirSync(dir)
  if (left.length === 0) rmSync(dir, { recursive: true, force: true })
  else
    throw new StreamError(
      'refresh/foreign',
      `remove "${dir}": it holds files of somebody else (${left.slice(0, 3).join(', ')}); move them away`,
    )
}

/** Finishes or undoes a swap that a crash cut in half, and removes what unfinished runs left. */
const recover = (out: string) => {
  const { old } = around(out)
  if (existsSync(old)) {
    if (!existsSync(out)) renameSync(old, out)
    else {
      if (isOurs(old)) carryOver(old, out)
      removeOwn(old)
    }
  }
  const prefix = `.${basename(out)}.run-`
  for (const name of readdirSync(dirname(out))) {
    if (name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length))) {
      rmSync(join(dirname(out), name), { recursive: true, force: true })
    }
  }
}

const checkReplaceable = (out: string) => {
  const stat = statSync(out, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isDirectory()) throw usage(`write to "${out}": it is a file; give a folder with -o`)
  if (stat.dev !== statSync(dirname(out)).dev) {
    throw usage(
      `write to "${out}": it is where a disk is mounted, so it cannot be replaced as a whole; give a folder below it`,
    )
  }
  if (!isEmpty(out) && !isOurs(out)) {
    throw usage(
      `write to "${out}": it holds files that no refresh wrote (there is no ${receiptName}); nothing was touched; give another folder with -o`,
    )
  }
}

const isHeld = (thrown: unknown) => thrown instanceof StreamError && thrown.code === 'lock/held'

const inodeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino

/** One refresh at a time into one folder. The lock's file goes when the refresh does; whoever was about to take it sees that. */
const lockOutput = async (path: string): Promise<AsyncDisposable> => {
  for (;;) {
    const held = await lock(path).catch(cause => {
      if (!isHeld(cause)) throw cause
      throw new StreamError('refresh/locked', `refresh: another one is writing there: ${reasonOf(cause)}`, { cause })
    })
    if (inodeOf(path) === undefined) {
      await held[Symbol.asyncDispose]()
      continue
    }
    return {
      async [Symbol.asyncDispose]() {
        rmSync(path, { force: true })
        await held[Symbol.asyncDispose]()
      },
    }
  }
}

/** A folder that is filled out of sight, and takes its place as a whole or not at all. */
export interface Output extends AsyncDisposable {
  /** Where to write the documents; beside them nothing may remain. */
  readonly dir: string
  /** For whatever must rest on the disk meanwhile. */
  readonly scratch: string
  /** Makes `dir` durable and swaps it in. Gives the names of foreign files that could not be carried over, and where they are. */
  publish(): Promise<void>
}

const realOut = (path: string): string => {
  const out = resolve(path)
  return existsSync(out) ? realpathSync(out) : join(realpathSync(dirname(out)), basename(out))
}

const swap = async (run: string, out: string) => {
  const { old } = around(out)
  const replaces = existsSync(out)
  if (replaces) renameSync(out, old)
  renameSync(run, out)
  await syncFolder(dirname(out))
  if (!replaces) return
  if (isOurs(old)) {
    const left = carryOver(old, out)
    if (left.length > 0)
      throw new StreamError(
        'refresh/foreign',
        `publish "${out}": done, but ${left.length} files that are not ours have a document's name and stay in "${old}": ${left.slice(0, 3).join(', ')}; move them away`,
      )
  }
  removeOwn(old)
}

/**
 * Prepares to write `path`, which must be absent, empty, or hold our receipt. Rejects with code `refresh/usage` if it
 * does not, and `refresh/locked` if another refresh is at it; then nothing was touched.
 */
export const openOutput = async (path: string): Promise<Output> => {
  await makeFolder(dirname(resolve(path)))
  const out = realOut(path)
  const names = around(out)
  const held = await lockOutput(names.lock)
  const run = names.run(randomBytes(6).toString('hex'))
  const scratch = join(run, '.scratch')
  try {
    recover(out)
    checkReplaceable(out)
    mkdirSync(scratch, { recursive: true })
  } catch (thrown) {
    await held[Symbol.asyncDispose]()
    throw thrown
  }
  return {
    dir: run,
    scratch,
    async publish() {
      rmSync(scratch, { recursive: true, force: true })
      await syncFileSystem(run)
      await swap(run, out)
    },
    async [Symbol.asyncDispose]() {
      rmSync(run, { recursive: true, force: true })
      await held[Symbol.asyncDispose]()
    },
  }
}
