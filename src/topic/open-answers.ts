import { answerKey, answerKeyOfLine } from '../chunk/answer-key.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { FastLine } from '../chunk/fast-line.ts'
import { asBuffer } from '../std/bytes.ts'
import { readFolder } from './file-reader.ts'
import { logPartition } from './folder.ts'
import { endIn } from './log-end.ts'
import type { Entry } from './topic.ts'

/** Followed at the same time; where there are more, the log is cut before the first one that is too many. */
export const openAnswersMax = 100_000

/** From its first record on to the last one seen, as offsets. */
interface Extent {
  readonly first: number
  last: number
}

/** The answers that can be gone on with: their first record says where the rest is to be had, and they have no end. */
class OpenAnswers {
  readonly #extents = new Map<string, Extent>()
  readonly #plain = new FastLine()
  readonly #max: number
  /** Where the first one that found no room begins. */
  #overflow = Number.POSITIVE_INFINITY

  constructor(max: number) {
    this.#max = max
  }

  get hasNone(): boolean {
    return this.#extents.size === 0 && this.#overflow === Number.POSITIVE_INFINITY
  }

  take(entry: Entry, mayBegin: boolean): void {
    const line = asBuffer(entry.line)
    if (!this.#plain.read(line, 0, line.length)) this.#takeRecord(recordIn(line), entry.offset, mayBegin)
    else if (this.#extents.size > 0 && this.#plain.seq >= 0)
      this.#goOn(answerKeyOfLine(line, this.#plain), entry.offset)
  }

  /** The greatest of `bases`, which ascend, that is not behind `cut`, and on whose two sides no answer lies. */
  boundary(bases: readonly number[], cut: number): number {
    const extents = [...this.#extents.values(), { first: this.#overflow, last: Number.POSITIVE_INFINITY }]
    for (;;) {
      const torn = extents.find(({ first, last }) => first < cut && cut <= last)
      if (torn === undefined) return cut
      cut = bases.findLast(base => base <= torn.first)!
    }
  }

  #takeRecord(record: Chunk | undefined, offset: number, mayBegin: boolean) {
    if (record?.response_id === undefined || record.response_id === '' || record.seq === undefined) return
    const key = answerKey(record.destination_uri, record.response_id)
    if (record.end !== undefined) this.#extents.delete(key)
    else if (mayBegin && record.source !== undefined) this.#begin(key, offset)
    this.#goOn(key, offset)
  }

  #begin(key: string, offset: number) {
    if (this.#extents.has(key)) return
    if (this.#extents.size < this.#max) this.#extents.set(key, { first: offset, last: offset })
    else this.#overflow = Math.min(this.#overflow, offset)
  }

  #goOn(key: string, offset: number) {
    const extent = this.#extents.get(key)
    if (extent !== undefined) extent.last = offset
  }
}

const readRange = async (dir: string, from: number, to: number, take: (entry: Entry) => void) => {
  const options = { until: { [logPartition]: to } }
  for await (const { entries } of readFolder(dir, { [logPartition]: from }, options, () => {})) entries.forEach(take)
}

/**
 * Where the log can be cut at or before `cut` so that no answer that is still open loses its beginning and keeps a
 * later part: one of `bases`, which ascend; the first one if it cannot be cut. An open answer that nothing was written
 * to behind the cut goes as a whole.
 *
 * Reads what lies before `cut`, and the rest too only if an answer is open there.
 */
export const cutBetweenAnswers = async (
  dir: string,
  bases: readonly number[],
  cut: number,
  max = openAnswersMax,
): Promise<number> => {
  const open = new OpenAnswers(max)
  await readRange(dir, bases[0], cut, entry => open.take(entry, true))
  if (open.hasNone) return cut
  const end = (await endIn(dir))[logPartition] ?? cut
  await readRange(dir, cut, end, entry => open.take(entry, false))
  return open.boundary(bases, cut)
}
