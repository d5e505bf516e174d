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
import { basename, dirname, join, relative, resolve } from 'node:path'
import { makeFolder, syncFileSystem, syncFolder } from '../std/durable.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import { lock } from '../std/lock.ts'
import type { DocumentRow } from './document.ts'
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

const filesOf = (row: DocumentRow): string[] => {
  const attempts = row.parts?.flatMap(({ file }) => (file === undefined ? [] : [join(attemptsName, file)])) ?? []
  return [row.file, ...attempts]
}

/** What the refresh that left this folder wrote into it; everything else there is somebody else's. */
const ownFiles = (dir: string): Set<string> => {
  const own = new Set([receiptName, documentsName, malformedName])
  const fd = openSync(join(dir, documentsName), 'r')
  try {
    for (const { bytes } of linesOf(fd, 0, Number.MAX_SAFE_INTEGER, listingLineBytesMax)) {
      for (const file of filesOf(JSON.parse(bytes.toString()))) own.add(file)
    }
  } finally {
    closeSync(fd)
  }
  return own
}

/** Paths below the folder that are somebody else's: names in it, and files among the attempts. */
const foreignPaths = (dir: string): string[] => {
  const own = ownFiles(dir)
  const top = readdirSync(dir).filter(name => name !== attemptsName && !own.has(name))
  const attempts = join(dir, attemptsName)
  if (!existsSync(attempts)) return top
  const below = readdirSync(attempts, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(dir, join(entry.parentPath, entry.name)))
  return [...top, ...below.filter(path => !own.has(path))]
}

/** A file that is not ours moves on into the new output; should its name be taken there, it stays where it is. */
const carryOver = (old: string, out: string): string[] => {
  const left: string[] = []
  for (const path of foreignPaths(old)) {
    if (existsSync(join(out, path))) left.push(path)
    else {
      mkdirSync(dirname(join(out, path)), { recursive: true })
      renameSync(join(old, path), join(out, path))
    }
  }
  return left
}

/**
 * Removes the output that was replaced, once only our own files are in it. It is renamed first: half of it would not
 * show any more whose it is.
 */
const removeOld = (out: string) => {
  const { old, run } = around(out)
  const left = isOurs(old) ? carryOver(old, out) : readdirSync(old)
  if (left.length > 0) {
    throw new StreamError(
      'refresh/foreign',
      `"${out}" is as new, but "${old}" holds files that no refresh wrote, and their names are taken: ${left.slice(0, 3).join(', ')}; move them away`,
    )
  }
  const doomed = run(randomBytes(6).toString('hex'))
  renameSync(old, doomed)
  rmSync(doomed, { recursive: true, force: true })
}

/** Finishes or undoes a swap that a crash cut in half, and removes what unfinished runs left. */
const recover = (out: string) => {
  const { old } = around(out)
  if (existsSync(old)) {
    if (existsSync(out)) removeOld(out)
    else renameSync(old, out)
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
  if (replaces) removeOld(out)
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
