import type { AnswerPart } from './chunk-table.ts'
import type { Heard } from './hub.ts'

/** What is remembered of an answer while it is followed. */
type Part = Pick<
  AnswerPart,
  'id' | 'bySeq' | 'nextSeq' | 'hasGap' | 'isClosed' | 'lastKey' | 'arrivedKey' | 'firstMicros' | 'hasUnnumbered'
>

/** What a record does to a text: nothing, it is behind its end, or somewhere else, so that the text has to be made anew. */
export type Effect = { readonly is: 'none' | 'elsewhere' } | { readonly is: 'appended'; readonly text: string }

const none: Effect = { is: 'none' }
const elsewhere: Effect = { is: 'elsewhere' }

const replacement = '\ufffd'
const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800
const orFirst = (micros: number) => (Number.isNaN(micros) ? Number.NEGATIVE_INFINITY : micros)

/** The order and state of a document's answers, as its last rebuild had them and records since then went on. */
export class LiveText {
  readonly #parts = new Map<string, Part>()
  #last: Part | undefined
  readonly #hasClaims: boolean
  /** The half of a surrogate pair that the text ends with, and is not part of what was appended yet. */
  #half = ''

  constructor(parts: readonly Part[], hasClaims: boolean, half: string) {
    for (const part of parts) this.#parts.set(part.id, { ...part })
    this.#last = [...this.#parts.values()].at(-1)
    this.#hasClaims = hasClaims
    this.#half = half
  }

  /** Every answer has its closing record. */
  get isOver(): boolean {
    return this.#parts.size > 0 && [...this.#parts.values()].every(({ isClosed }) => isClosed)
  }

  take(heard: Heard): Effect {
    const part = this.#parts.get(heard.answer.id)
    if (heard.supersedes !== undefined && part === undefined) return elsewhere
    if (this.#hasClaims && (part === undefined || heard.end !== undefined)) return elsewhere
    if (part === undefined) return this.#begin(heard)
    const { seq, micros } = heard
    if (seq >= 0 && seq < part.nextSeq && part.bySeq && !part.hasGap) return none
    const isEarlier = micros < part.firstMicros && this.#parts.size > 1
    if (part !== this.#last || part.isClosed || isEarlier || !isNext(part, seq, micros)) return elsewhere
    return this.#append(part, heard)
  }

  /** An answer's first record: behind all others, or somewhere before. */
  #begin(heard: Heard): Effect {
    const { seq, micros } = heard
    const { id } = heard.answer
    const last = this.#last
    const isBehind =
      last === undefined ||
      orFirst(micros) > orFirst(last.firstMicros) ||
      (orFirst(micros) === orFirst(last.firstMicros) && id > last.id)
    if (!isBehind || seq > 0) return elsewhere
    const part = {
      id,
      bySeq: seq === 0,
      nextSeq: 0,
      hasGap: false,
      isClosed: false,
      lastKey: Number.NEGATIVE_INFINITY,
      arrivedKey: Number.NEGATIVE_INFINITY,
      firstMicros: micros,
      hasUnnumbered: false,
    }
    this.#parts.set(id, part)
    this.#last = part
    const before = this.#endHalf()
    const effect = this.#append(part, heard)
    return effect.is === 'appended' ? { is: 'appended', text: before + effect.text } : effect
  }

  #append(part: Part, { seq, micros, text, end }: Heard): Effect {
    if (seq >= 0) part.nextSeq = seq + 1
    else {
      part.hasUnnumbered = true
      part.lastKey = part.arrivedKey = keyOf(part, micros)
    }
    if (Number.isNaN(part.firstMicros)) part.firstMicros = micros
    if (end !== undefined) part.isClosed = true
    let whole = this.#half + text
    this.#half = ''
    if (end === undefined && whole !== '' && isHigh(whole.charCodeAt(whole.length - 1))) {
      this.#half = whole.slice(-1)
      whole = whole.slice(0, -1)
    }
    return { is: 'appended', text: whole.toWellFormed() }
  }

  #endHalf(): string {
    const before = this.#half === '' ? '' : replacement
    this.#half = ''
    return before
  }
}

/** What a record without a number is sorted by. */
const keyOf = ({ arrivedKey }: Part, micros: number) => (Number.isNaN(micros) ? arrivedKey : micros)

const isNext = (part: Part, seq: number, micros: number): boolean => {
  if (seq >= 0) return part.bySeq && !part.hasUnnumbered && seq === part.nextSeq
  return keyOf(part, micros) >= part.lastKey
}
