import { excerptBytesMax, type Follower, type Recipe, type Terms } from './cluster.ts'
import { isFinalSigma } from './final-sigma.ts'
import { LastText } from './last-text.ts'
import { lowerOf } from './lower-case.ts'
import { digests, meaningsBy, Runs, runsAtOnceMax } from './runs.ts'
import { SavedReader, SavedWriter } from './saved.ts'
import { countMax, makeRoom, newTerms } from './terms.ts'
import { bytesBy, codePointAt } from './utf8-code-point.ts'

const dimensions = 1000
/** The recipe, and the version of its saved form, in four bits each. */
const savedVersion = 0x20

/** Java's `\s`. */
const isWhiteSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
const capitalIWithDot = 0x130
const dotAbove = 0x307
const capitalSigma = 0x3a3
const finalSigma = 0x3c2

const runs = new Runs(meaningsBy(isWhiteSpace), true)

/** How often each term was found in the piece that is being read, and which were, in the order of their first. */
const counts = new Uint32Array(dimensions)
const found = new Uint16Array(dimensions)
let foundLength = 0

/** Spark's nonNegativeMod. Without a branch: which way it goes is chance, and guessing wrong costs a third of the speed. */
const termOf = (digest: number) => {
  const rest = (digest % dimensions) | 0
  return rest + ((rest >> 31) & dimensions)
}

const take = (term: number) => {
  if (counts[term]++ === 0) found[foundLength++] = term
}

/** The lower case of one code point. */
const takeWide = (utf8: Uint8Array, from: number, at: number, to: number) => {
  const codePoint = codePointAt(utf8, at)
  const isFinal = codePoint === capitalSigma && isFinalSigma(utf8, from, at, to)
  runs.hash.pushCodePoint(isFinal ? finalSigma : lowerOf(codePoint))
  if (codePoint === capitalIWithDot) runs.hash.pushCodePoint(dotAbove)
}

const takeFound = () => {
  for (let i = 0; i < runs.found; i++) take(termOf(digests[i]))
  runs.found = 0
}

/** Between two white spaces is an empty token, also before the first one, but not behind the last word: as Java splits. */
const readTokens = (utf8: Uint8Array, from: number, end: number) => {
  let to = end
  while (to > from && isWhiteSpace(utf8[to - 1])) to--
  if (to === from) return
  for (let at = from; at < to; ) {
    if (utf8[at] < 0x80) at = runs.readAscii(utf8, at, to, runsAtOnceMax)
    else {
      takeWide(utf8, from, at, to)
      at += bytesBy(utf8[at])
    }
    if (runs.found === runsAtOnceMax) takeFound()
  }
  runs.end()
  takeFound()
}

class ClassicFollower implements Follower {
  window = 0
  readonly #last = new LastText()
  readonly #terms = newTerms()

  add(utf8: Uint8Array, from: number, to: number, onWindow?: () => void): void {
    if (from >= to) return
    readTokens(utf8, from, to)
    this.#keepFound()
    this.#last.push(utf8, from, to)
    this.window++
    onWindow?.()
  }

  terms(into: Terms): void {
    const { length, index, count } = this.#terms
    makeRoom(into, length)
    for (let i = 0; i < length; i++) {
      into.index[i] = index[i]
      into.count[i] = count[i]
    }
    into.length = length
  }

  excerpt(): Buffer {
    return this.#last.read()
  }

  save(): Uint8Array {
    const saved = new SavedWriter(savedVersion)
    saved.number(this.window)
    const { length, index, count } = this.#terms
    saved.number(length)
    for (let i = 0; i < length; i++) {
      saved.number(index[i])
      saved.number(count[i])
    }
    saved.bytes(this.excerpt())
    return saved.done()
  }

  goOn(saved: SavedReader): this {
    this.window = saved.number()
    const length = saved.number(dimensions)
    makeRoom(this.#terms, length)
    for (let i = 0; i < length; i++) {
      this.#terms.index[i] = saved.number(dimensions - 1)
      this.#terms.count[i] = saved.number(countMax)
    }
    this.#terms.length = length
    const text = saved.bytes(excerptBytesMax)
    this.#last.push(text, 0, text.length)
    saved.done()
    return this
  }

  #keepFound() {
    const terms = this.#terms
    if (terms.index.length < foundLength) makeRoom(terms, Math.min(dimensions, foundLength * 2))
    for (let i = 0; i < foundLength; i++) {
      terms.index[i] = found[i]
      terms.count[i] = Math.min(counts[found[i]], countMax)
      counts[found[i]] = 0
    }
    terms.length = foundLength
    foundLength = 0
  }
}

/**
 * The features of the old system: Spark's Tokenizer, then HashingTF(1000), of each piece by itself; every piece that isn't
 * empty is a window. A count ends at 65,535.
 */
export const classic: Recipe = {
  name: 'classic',
  dimensions,
  follow: saved => {
    const follower = new ClassicFollower()
    return saved === undefined ? follower : follower.goOn(new SavedReader(saved, savedVersion))
  },
}
