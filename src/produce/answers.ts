import { answerKey } from '../chunk/answer-key.ts'
import type { End, StreamRef } from '../chunk/chunk.ts'
import type { Answer } from './line-writer.ts'

/** Of files that nobody asked for: some 20,000 answers. If there are more, none of them is kept. */
export const othersBytesMax = 8 * 1024 * 1024

/** Stands for a place in another partition, which cannot be compared. */
const elsewhere = Number.MAX_SAFE_INTEGER

/** An answer whose first record was read. */
export interface Begun {
  readonly answer: Answer & { readonly source: StreamRef }
  readonly partition: string
  readonly offset: number
  /** Where the first record was repeated last; `offset` if it never was, as usual. */
  readonly again: number
}

export interface Ended extends Begun, Pick<End, 'reason' | 'chunks' | 'bytes'> {}

const isEnded = (one: Begun | Ended): one is Ended => 'reason' in one

const keyOfAnswer = ({ destination_uri, response_id }: Answer) => answerKey(destination_uri, response_id)

const isReplaced = (old: Answer, { supersedes, destination_uri, agent_id }: Answer) =>
  old.response_id === supersedes && old.destination_uri === destination_uri && old.agent_id === agent_id

/** Wherever a log is pruned, if it still has `other`, it has `one` too. */
const outlives = (one: Begun, other: Begun) => one.partition === other.partition && other.again <= one.again

/** Who captured the texts of one source so far, as their answers' first and closing records say one after another. */
export class Answers {
  readonly #isAsked: (file: string) => boolean
  /** By `answerKey`. */
  readonly #open = new Map<string, Begun>()
  /** By file, in the order in which they ended; without those that a later one outlives. */
  readonly #ended = new Map<string, readonly Ended[]>()
  readonly #othersBytesMax: number
  #othersBytes = 0
  #areAll = true

  constructor(isAsked: (file: string) => boolean, bytesMax = othersBytesMax) {
    this.#isAsked = isAsked
    this.#othersBytesMax = bytesMax
  }

  /** False once there were too many of files that nobody asked for, and those were forgotten. */
  get areAll(): boolean {
    return this.#areAll
  }

  begins(answer: Begun['answer'], partition: string, offset: number): void {
    if (!this.#areAll && this.#isOther(answer)) return
    this.#supersede(answer)
    const there = this.#open.get(keyOfAnswer(answer))
    if (there === undefined) this.add({ answer, partition, offset, again: offset })
    else this.#open.set(keyOfAnswer(answer), { ...there, again: there.partition === partition ? offset : elsewhere })
  }

  /** The answer with this key has its closing record. */
  ends(key: string, { reason, chunks, bytes }: End): void {
    const begun = this.#open.get(key)
    if (begun === undefined) return
    this.#open.delete(key)
    const ended = { ...begun, reason, chunks, bytes }
    const { file } = begun.answer.source
    this.#keepEnded(file, other => !outlives(ended, other))
    this.#ended.set(file, [...this.#endedOf(file), ended])
  }

  /** One that `all` gave. */
  add(one: Begun | Ended): void {
    const { file } = one.answer.source
    if (isEnded(one)) this.#ended.set(file, [...this.#endedOf(file), one])
    else this.#open.set(keyOfAnswer(one.answer), one)
    this.#othersBytes += this.#bytesOf(one)
    if (this.#othersBytes > this.#othersBytesMax) this.#forgetOthers()
  }

  *all(): Generator<Begun | Ended> {
    for (const ended of this.#ended.values()) yield* ended
    yield* this.#open.values()
  }

  /** Those of the files that are asked for, by `answerKey`. */
  open(): ReadonlyMap<string, Begun> {
    return new Map([...this.#open].filter(([, { answer }]) => !this.#isOther(answer)))
  }

  /** The last one that ended and was not superseded. */
  ended(file: string): Ended | undefined {
    return this.#endedOf(file).at(-1)
  }

  #isOther({ source }: Begun['answer']): boolean {
    return !this.#isAsked(source.file)
  }

  #bytesOf({ answer }: Begun): number {
    return this.#isOther(answer) ? Buffer.byteLength(JSON.stringify(answer)) : 0
  }

  #supersede(answer: Begun['answer']) {
    const { destination_uri, supersedes, source } = answer
    if (supersedes === undefined) return
    const key = answerKey(destination_uri, supersedes)
    const open = this.#open.get(key)
    if (open !== undefined && isReplaced(open.answer, answer)) {
      this.#open.delete(key)
      this.#othersBytes -= this.#bytesOf(open)
    }
    this.#keepEnded(source.file, ended => !isReplaced(ended.answer, answer))
  }

  #endedOf(file: string): readonly Ended[] {
    return this.#ended.get(file) ?? []
  }

  #keepEnded(file: string, isKept: (ended: Ended) => boolean) {
    const ended = this.#endedOf(file)
    const kept = ended.filter(isKept)
    if (kept.length === ended.length) return
    for (const one of ended) if (!kept.includes(one)) this.#othersBytes -= this.#bytesOf(one)
    if (kept.length > 0) this.#ended.set(file, kept)
    else this.#ended.delete(file)
  }

  #forgetOthers() {
    this.#areAll = false
    this.#othersBytes = 0
    for (const file of this.#ended.keys()) if (!this.#isAsked(file)) this.#ended.delete(file)
    for (const [key, { answer }] of this.#open) if (this.#isOther(answer)) this.#open.delete(key)
  }
}
