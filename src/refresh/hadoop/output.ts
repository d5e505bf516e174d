import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { basename, dirname } from 'node:path/posix'
import { StreamError } from '../../std/error.ts'
import { harmless } from '../../std/terminal.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import { lockOnHdfs } from '../../wire/hdfs-lock.ts'
import type { OnHdfs } from '../hdfs-inputs.ts'
import { documentsName, type Output, receiptName } from '../output.ts'
import { foreignIn } from './foreign.ts'

const usage = (message: string) => new StreamError('refresh/usage', message)

const beside = (out: string, suffix: string) =>
  `${dirname(out) === '/' ? '' : dirname(out)}/.${basename(out)}.${suffix}`

/** The names that lie around an output folder while it is being replaced; the same as on a local disk. */
const around = (out: string) => ({
  old: beside(out, 'old'),
  lock: beside(out, 'lock'),
  run: (id: string) => beside(out, `run-${id}`),
})

const isThere = async (hdfs: Hdfs, path: string) => (await hdfs.status(path)) !== undefined

const isOurs = async (hdfs: Hdfs, dir: string): Promise<boolean> =>
  (await isThere(hdfs, `${dir}/${receiptName}`)) && (await isThere(hdfs, `${dir}/${documentsName}`))

const isEmpty = async (hdfs: Hdfs, dir: string): Promise<boolean> => {
  for await (const _ of hdfs.list(dir)) return false
  return true
}

/** Files of others move on into the new output; gives those whose names are taken there. */
const carryOver = async (hdfs: Hdfs, old: string, out: string): Promise<string[]> => {
  const foreign: string[] = []
  for await (const name of foreignIn(hdfs, old)) foreign.push(name)
  const left: string[] = []
  for (const name of foreign) {
    if (await isThere(hdfs, `${out}/${name}`)) left.push(name)
    else {
      await hdfs.makeFolder(dirname(`${out}/${name}`))
      await hdfs.rename(`${old}/${name}`, `${out}/${name}`)
    }
  }
  return left
}

const namesIn = async (hdfs: Hdfs, dir: string): Promise<string[]> => {
  const names: string[] = []
  for await (const { name } of hdfs.list(dir)) names.push(name)
  return names
}

/** Removes the output that was replaced, but what no refresh wrote into it: that moves on into the new one. */
const removeOld = async (hdfs: Hdfs, out: string): Promise<void> => {
  const { old } = around(out)
  const left = (await isOurs(hdfs, old)) ? await carryOver(hdfs, old, out) : await namesIn(hdfs, old)
  if (left.length > 0) {
    const some = left.slice(0, 3).map(harmless).join(', ')
    throw new StreamError(
      'refresh/foreign',
      `"${hdfs.name}${out}" is as new, but "${old}" holds files that no refresh wrote, and their names are taken: ${some}; move them away`,
    )
  }
  await hdfs.remove(old)
}

const isLeftover = (out: string, name: string): boolean =>
  [`.${basename(out)}.run-`, `.${basename(out)}.lock-`].some(
    prefix => name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length)),
  )

/** Finishes or undoes a swap that was cut in half, and removes what unfinished runs left. */
const recover = async (hdfs: Hdfs, out: string): Promise<void> => {
  const { old } = around(out)
  const parent = dirname(out)
  if (await isThere(hdfs, old)) {
    if (await isThere(hdfs, out)) await removeOld(hdfs, out)
    else await hdfs.rename(old, out)
  }
  const left: string[] = []
  for await (const { name, path } of hdfs.list(parent)) if (isLeftover(out, name)) left.push(path)
  for (const path of left) await hdfs.remove(path)
}

const checkReplaceable = async (hdfs: Hdfs, out: string): Promise<void> => {
  const status = await hdfs.status(out)
  if (status === undefined) return
  const name = harmless(hdfs.name + out)
  if (status.kind === 'file') throw usage(`write to "${name}": it is a file; give a folder with -o`)
  if (!(await isEmpty(hdfs, out)) && !(await isOurs(hdfs, out))) {
    throw usage(
      `write to "${name}": it holds files that no refresh wrote (there is no ${receiptName} with its ${documentsName}); nothing was touched; give another folder with -o`,
    )
  }
}

const swap = async (hdfs: Hdfs, run: string, out: string): Promise<void> => {
  const replaces = await isThere(hdfs, out)
  if (replaces) await hdfs.rename(out, around(out).old)
  await hdfs.rename(run, out)
  if (replaces) await removeOld(hdfs, out)
}

/** As `openOutput`, on HDFS: there `dir` is absent at first, as jobs want it. */
export const openHdfsOutput = async ({ hdfs, path: out }: OnHdfs): Promise<Output> => {
  if (out === '/') throw usage(`write to "${hdfs.name}/": give a folder below it with -o`)
  const names = around(out)
  const id = randomBytes(6).toString('hex')
  const run = names.run(id)
  await checkReplaceable(hdfs, out)
  const held = await lockOnHdfs(hdfs, names.lock, id, { code: 'refresh/locked', doing: 'refresh' })
  let scratch: string
  try {
    await recover(hdfs, out)
    await checkReplaceable(hdfs, out)
    scratch = await mkdtemp(join(tmpdir(), 'textstream-refresh-'))
  } catch (thrown) {
    await held[Symbol.asyncDispose]()
    throw thrown
  }
  return {
    dir: run,
    on: hdfs,
    scratch,
    write: (name, text) => hdfs.write(`${run}/${name}`, [Buffer.from(text)]),
    async publish() {
      await held.check()
      await swap(hdfs, run, out)
    },
    async [Symbol.asyncDispose]() {
      await rm(scratch, { recursive: true, force: true })
      // Whatever cannot be removed now, as HDFS is away, the next refresh into this folder removes.
      await hdfs.remove(run).catch(() => {})
      await held[Symbol.asyncDispose]()
    },
  }
}
