import { excerptBytesMax, type Follower, type Recipe, type Terms } from './cluster.ts'
import { LastText } from './last-text.ts'
import { alone } from './letters.ts'
import { digests, runsAtOnceMax } from './runs.ts'
import { damaged, SavedReader, SavedWriter } from './saved.ts'
import { makeRoom } from './terms.ts'
import { Words } from './words.ts'

/** A window is this many words, fewer at the beginning of an answer. */
export const windowWords = 512
/** A window ends at every multiple of this many words … */
export const strideWords = 16
/** … and the first one here: fewer words are too little text. */
export const wordsMin = 8

const dimensions = 1 << 15
/** The recipe, and the version of its saved form, in four bits each. */
const savedVersion = 0x10

/** A window can be asked for until the next one has ended. */
const ringWordsMax = windowWords + strideWords - 1
const ringWordsAtFirst = 16

const noWords = new Uint16Array(0)
const wordsToSecond = strideWords - (wordsMin % strideWords)

/** For each term the last asking that found it. */
const foundBy = new Uint32Array(dimensions)
let asking = 0

const nextAsking = () => {
  if (asking === 0xffffffff) {
    foundBy.fill(0)
    asking = 0
  }
  return ++asking
}

/**
 * Terms of `ring[from, to)` that this asking has not found yet, into `index` from `length` on; gives the new length. A
 * term is always written, and counts if it is new: to branch on that would cost more than all the rest.
 */
const takeNew = (
  ring: Uint16Array,
  from: number,
  to: number,
  index: Uint16Array,
  length: number,
  by: number,
): number => {
  for (let at = from; at < to; at++) {
    const term = ring[at]
    const difference = foundBy[term] ^ by
    index[length] = term
    length += (difference | -difference) >>> 31
    foundBy[term] = by
  }
  return length
}

class TextFollower implements Follower {
  window = 0
  readonly #words = new Words()
  readonly #last = new LastText()
  /** Terms of the last words, the newest before `#at`. */
  #ring = noWords
  #at = 0
  /** How many words are kept. */
  #kept = 0
  /** Words since the last window ended, and those at which the next one ends. */
  #since = 0
  #until = wordsMin
  /** What `add` has read and `#last` has not got yet: only while a window can be asked for. */
  #piece: Uint8Array | undefined
  #pieceFrom = 0
  #pieceTo = 0

  add(utf8: Uint8Array, from: number, to: number, onWindow?: () => void): void {
    this.#pieceFrom = from
    const { runs } = this.#words
    for (let at = from; at < to; ) {
      at = this.#words.read(utf8, at, to, Math.min(this.#until - this.#since, runsAtOnceMax))
      for (let i = 0; i < runs.found; i++) this.#keep(digests[i] & (dimensions - 1))
      this.#since += runs.found
      if (this.#since === this.#until) this.#endWindow(utf8, at, onWindow)
    }
    this.#last.push(utf8, this.#pieceFrom, to)
  }

  terms(into: Terms): void {
    const length = Math.min(this.#kept - this.#since, windowWords)
    makeRoom(into, length + 1)
    const by = nextAsking()
    const from = this.#at - this.#since - length
    const to = from + length
    let found = 0
    if (from < 0)
      found = takeNew(this.#ring, from + ringWordsMax, Math.min(to, 0) + ringWordsMax, into.index, found, by)
    found = takeNew(this.#ring, Math.max(from, 0), to, into.index, found, by)
    into.count.fill(1, 0, found)
    into.length = found
  }

  excerpt(): Buffer {
    this.#catchUp()
    return this.#last.read()
  }

  save(): Uint8Array {
    const saved = new SavedWriter(savedVersion)
    for (const constant of [windowWords, strideWords, wordsMin]) saved.number(constant)
    saved.number(this.window)
    saved.number(this.#since)
    const { kind, runs } = this.#words
    const { hash } = runs
    for (const state of [kind, hash.hash >>> 0, hash.tail, hash.length >>> 0]) saved.number(state)
    saved.number(this.#kept)
    for (let i = this.#kept; i > 0; i--) saved.short(this.#ring[(this.#at - i + ringWordsMax) % ringWordsMax])
    saved.bytes(this.excerpt())
    return saved.done()
  }

  goOn(saved: SavedReader): this {
    for (const constant of [windowWords, strideWords, wordsMin]) {
      if (saved.number() !== constant) throw damaged('its windows are of another length than ours')
    }
    this.window = saved.number()
    const since = saved.number(strideWords + wordsMin)
    const { hash } = this.#words.runs
    this.#words.kind = saved.number(alone)
    hash.hash = saved.number(0xffffffff) | 0
    hash.tail = saved.number(0xffffff)
    hash.length = saved.number(0xffffffff) | 0
    for (let left = saved.number(ringWordsMax); left > 0; left--) this.#keep(saved.short(dimensions - 1))
    this.#since = since
    this.#until = this.#untilNext()
    const text = saved.bytes(excerptBytesMax)
    this.#last.push(text, 0, text.length)
    saved.done()
    return this
  }

  #keep(term: number) {
    if (this.#at === this.#ring.length) this.#grow()
    this.#ring[this.#at++] = term
    if (this.#at === ringWordsMax) this.#at = 0
    if (this.#kept < ringWordsMax) this.#kept++
  }

  #grow() {
    const larger = new Uint16Array(Math.min(ringWordsMax, Math.max(ringWordsAtFirst, this.#ring.length * 2)))
    larger.set(this.#ring)
    this.#ring = larger
  }

  #untilNext() {
    if (this.window === 0) return wordsMin
    return this.window === 1 ? wordsToSecond : strideWords
  }

  #endWindow(utf8: Uint8Array, at: number, onWindow: (() => void) | undefined) {
    this.window++
    this.#since = 0
    this.#until = this.#untilNext()
    if (onWindow === undefined) return
    this.#piece = utf8
    this.#pieceTo = at
    onWindow()
    this.#piece = undefined
  }

  /** Until `add` returns, text is copied only if somebody asks for it. */
  #catchUp() {
    if (this.#piece === undefined) return
    this.#last.push(this.#piece, this.#pieceFrom, this.#pieceTo)
    this.#pieceFrom = this.#pieceTo
  }
}

/**
 * Windows of words, wherever the text was cut. A window ends with the word `wordsMin`, and with each word whose number is
 * a multiple of `strideWords` behind it, as soon as the character behind that word is there; it is the last `windowWords`
 * words, or as many as there are; each of its terms counts once. Asked within `onWindow`, `excerpt` gives the text up to that word's end.
 */
export const text: Recipe = {
  name: 'text',
  dimensions,
  follow: saved => {
    const follower = new TextFollower()
    return saved === undefined ? follower : follower.goOn(new SavedReader(saved, savedVersion))
  },
}
