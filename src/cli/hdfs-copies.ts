import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import type { HdfsProgress } from './hdfs-progress.ts'
import { type Side, standingOf } from './hdfs-standing.ts'
import { amount } from './words.ts'

/** So many files are copied at once: small ones wait for the NameNode more than for the network. */
const filesAtOnce = 8
const refusedShownMax = 3

/** A file on its way to the other side. */
export interface Copy {
  /** Of the copy, for people. */
  readonly name: string
  readonly original: Side
  readonly there: () => Promise<Side | undefined>
  /** Gives the digest of what was copied. Nobody sees a part of it. */
  readonly make: (replaces: boolean) => Promise<string>
}

export type Outcome = 'copied' | 'replaced' | 'same' | 'refused'

export interface Copied {
  readonly name: string
  readonly bytes: number
  readonly outcome: Outcome
  readonly sha256?: string
}

export interface CopyFlags {
  readonly force: boolean
  readonly json: boolean
}

const copyOne = async ({ name, original, there, make }: Copy, force: boolean): Promise<Copied> => {
  const standing = await standingOf(original, await there())
  const { bytes } = original
  if (standing === 'same' && !force) return { name, bytes, outcome: 'same' }
  if (standing === 'other' && !force) return { name, bytes, outcome: 'refused' }
  const replaces = standing !== 'absent'
  return { name, bytes, outcome: replaces ? 'replaced' : 'copied', sha256: await make(replaces) }
}

/** Counts what was done, and tells it. */
export class Copies {
  readonly #flags: CopyFlags
  readonly #progress: HdfsProgress
  readonly #counts: Record<Outcome, number> = { copied: 0, replaced: 0, same: 0, refused: 0 }
  readonly #refused: string[] = []

  constructor(flags: CopyFlags, progress: HdfsProgress) {
    this.#flags = flags
    this.#progress = progress
  }

  async copy(one: Copy): Promise<Outcome> {
    const copied = await copyOne(one, this.#flags.force)
    this.#counts[copied.outcome]++
    this.#progress.files++
    if (copied.outcome === 'refused' && this.#refused.length < refusedShownMax) this.#refused.push(copied.name)
    if (this.#flags.json) process.stdout.write(`${JSON.stringify(copied)}\n`)
    return copied.outcome
  }

  /** All of them, a few at once. After a failure none is begun any more. */
  async copyAll(copies: AsyncIterable<Copy>): Promise<void> {
    const iterator = copies[Symbol.asyncIterator]()
    let failed = false
    const worker = async () => {
      for (;;) {
        const { done, value } = failed ? { done: true as const, value: undefined } : await iterator.next()
        if (done) return
        await this.copy(value)
      }
    }
    const workers = Array.from({ length: filesAtOnce }, () =>
      worker().catch(thrown => {
        failed = true
        throw thrown
      }),
    )
    const [first] = (await Promise.allSettled(workers)).filter(({ status }) => status === 'rejected')
    await iterator.return?.()
    if (first !== undefined) throw (first as PromiseRejectedResult).reason
  }

  /** What was done, for people. */
  summary(seconds: number): string {
    const { copied, replaced, same } = this.#counts
    const { bytes } = this.#progress
    const speed = bytes > 0 ? `, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s` : ''
    return [
      `${amount(copied + replaced, 'file')} copied, ${amount(bytes, 'byte')} in ${seconds.toFixed(2)} s${speed}`,
      ...(replaced > 0 ? [`${replaced.toLocaleString('en')} of them replaced`] : []),
      ...(same > 0 ? [`${amount(same, 'file')} there already`] : []),
    ].join('; ')
  }

  /** Throws if something was in the way. */
  refuseOthers(): void {
    const { refused } = this.#counts
    if (refused === 0) return
    const some = this.#refused.map(name => `"${harmless(name)}"`).join(', ') + (refused > refusedShownMax ? ', …' : '')
    const what = `${amount(refused, 'file')} of that name hold something else, and were left as they are: ${some}`
    throw new StreamError('hdfs/exists', `${what}; --force replaces them`)
  }
}
