import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileNameOf } from '../chunk/file-name.ts'
import { makeFolder, syncFileSystem, syncFolder } from '../std/durable.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { lock } from '../std/lock.ts'
import type { Hdfs } from '../wire/hdfs.ts'
import { attemptFileOf, type DocumentRow } from './document.ts'
import { linesIn } from './lines.ts'

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

const isOurs = (dir: string) => existsSync(join(dir, receiptName)) && existsSync(join(dir, documentsName))

const isEmpty = (dir: string) => readdirSync(dir).length === 0

/** Where the documents of a row lie: from its names alone, since whoever edited the listing could name any file. */
export const filesOf = ({ uri, parts }: DocumentRow): string[] => {
  const ids = parts?.flatMap(part => (part.response_id === null ? [] : [part.response_id])) ?? []
  return [fileNameOf(uri), ...ids.map(id => join(attemptsName, attemptFileOf(uri, id)))]
}

/** A line that is no row any more names nothing: what it named moves on as a file of others. */
export const filesIn = (line: Buffer): string[] => {
  try {
    return filesOf(JSON.parse(line.toString()))
  } catch {
    return []
  }
}

/** What is not there, or no file any more, is left to `carryOver`. */
const removeFile = (path: string) => {
  try {
    unlinkSync(path)
  } catch (thrown) {
    if (!['ENOENT', 'EISDIR', 'EPERM', 'ENOTDIR'].includes(errnoOf(thrown) ?? '')) throw thrown
  }
}

/** Removes the documents that an earlier refresh lists; what then remains is its listings, and files of others. */
const removeDocuments = (dir: string) => {
  for (const { bytes } of linesIn(join(dir, documentsName), listingLineBytesMax)) {
    for (const file of filesIn(bytes)) removeFile(join(dir, file))
  }
}

const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name))

/** Moves what no refresh wrote on into the new output; gives what could not, as its name is taken there. */
const carryOver = (old: string, out: string): string[] => {
  const listings = [receiptName, documentsName, malformedName, attemptsName]
  const attempts = join(old, attemptsName)
  const foreign = [
    ...readdirSync(old).filter(name => !listings.includes(name)),
    ...(existsSync(attempts) ? filesBelow(attempts).map(path => relative(old, path)) : []),
  ]
  const left: string[] = []
  for (const path of foreign) {
    if (existsSync(join(out, path))) left.push(path)
    else {
      mkdirSync(dirname(join(out, path)), { recursive: true })
      renameSync(join(old, path), join(out, path))
    }
  }
  return left
}

/**
 * Removes the output that was replaced, but what no refresh wrote into it: that moves on into the new one. It ends under
 * another name: once its listings go, nothing would show whose the rest is.
 */
const removeOld = (out: string) => {
  const { old, run } = around(out)
  if (isOurs(old)) removeDocuments(old)
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
      `write to "${out}": it holds files that no refresh wrote (there is no ${receiptName} with its ${documentsName}); nothing was touched; give another folder with -o`,
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
  /** The file system of `dir`, if it isn't this machine's. */
  readonly on?: Hdfs
  /** On this machine, for whatever must rest on the disk meanwhile. */
  readonly scratch: string
  /** A file beside the documents. */
  write(name: string, text: string): Promise<void>
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
    write: (name, text) => writeFile(join(run, name), text),
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
