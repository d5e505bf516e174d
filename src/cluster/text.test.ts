import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { excerptBytesMax, type Follower } from './cluster.ts'
import { hashingSeed, murmur3 } from './murmur3.ts'
import { newTerms } from './terms.ts'
import { strideWords, text, windowWords, wordsMin } from './text.ts'

const add = (follower: Follower, piece: string, onWindow?: () => void) => {
  const utf8 = Buffer.from(`é${piece}é`)
  follower.add(utf8, 2, utf8.length - 2, onWindow)
}

/** Used again and again, as who asks does: what stood there must not show. */
const terms = newTerms()

const termsOf = (follower: Follower) => {
  terms.length = 0
  if (follower.window > 0) follower.terms(terms)
  return Array.from({ length: terms.length }, (_, i) => [terms.index[i], terms.count[i]])
}

const all = (follower: Follower) => ({
  window: follower.window,
  terms: termsOf(follower),
  excerpt: follower.excerpt().toString(),
})

const windowsIn = (follower: Follower, piece: string) => {
  const seen: ReturnType<typeof all>[] = []
  add(follower, piece, () => seen.push(all(follower)))
  return seen
}

const termOf = (word: string) => {
  const utf8 = Buffer.from(word)
  return murmur3(utf8, 0, utf8.length, hashingSeed) & (text.dimensions - 1)
}

const countsOf = (words: readonly string[]) => {
  return [...new Set(words.map(termOf))].map(term => [term, 1])
}

const lastBytes = (whole: string) => {
  const utf8 = Buffer.from(whole)
  let from = Math.max(0, utf8.length - excerptBytesMax)
  while ((utf8[from] & 0xc0) === 0x80) from++
  return utf8.subarray(from).toString()
}

/** Also ends the shrinking of a failure. */
const propertyMsMax = 20_000

const isEnd = (words: number) => words === wordsMin || (words > wordsMin && words % strideWords === 0)

test('a window ends at the first few words and then at every stride, and is the trailing words', () => {
  const words = Array.from({ length: 3 * windowWords }, (_, i) => `w${i % 97}`)
  const ends = words.flatMap((_, i) => (isEnd(i + 1) ? [i + 1] : []))
  const expected = ends.map((end, i) => ({
    window: i + 1,
    terms: countsOf(words.slice(Math.max(0, end - windowWords), end)),
    excerpt: lastBytes(words.slice(0, end).join(' ')),
  }))
  assert.deepEqual(windowsIn(text.follow(), `${words.join(' ')}.`), expected)
})

const parts = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('one ', 'Two, ', 'three-four ', 'a b c d e f g ', 'ab', 'É', 'ΟΔΟΣ ') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('日本', 'ไทย', '\u0301', '\u200d', '😀', 'İ', '\n', '\0', ' ', 'x'.repeat(500)),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
)
const texts = fc.array(parts, { maxLength: 500, size: 'max' }).map(all => all.join('').toWellFormed())
const cuts = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 30 })

/** Pieces of these lengths in code points, over and over. */
const cut = (whole: string, lengths: readonly number[]) => {
  const characters = [...whole]
  const pieces: string[] = []
  for (let at = 0, i = 0; at < characters.length; at += lengths[i++ % lengths.length] || 1) {
    pieces.push(characters.slice(at, at + (lengths[i % lengths.length] || 1)).join(''))
  }
  return pieces
}

/** What is known after each code point, by the text so far: each character is a piece of its own. */
const oneByOne = (whole: string) => {
  const follower = text.follow()
  const windows: ReturnType<typeof all>[] = []
  const numbers = [...whole].map(character => {
    windows.push(...windowsIn(follower, character))
    return follower.window
  })
  return { windows, numbers }
}

test('windows, their terms and their places depend on the text alone, not on how it was cut', () => {
  fc.assert(
    fc.property(texts, cuts, (whole, lengths) => {
      const expected = oneByOne(whole)
      const follower = text.follow()
      const windows: ReturnType<typeof all>[] = []
      let read = ''
      for (const piece of cut(whole, lengths)) {
        windows.push(...windowsIn(follower, piece))
        read += piece
        const window = expected.numbers[[...read].length - 1]
        const terms = window === 0 ? [] : expected.windows[window - 1].terms
        assert.deepEqual(all(follower), { window, terms, excerpt: lastBytes(read) })
      }
      assert.deepEqual(windows, expected.windows)
    }),
    { numRuns: 40, interruptAfterTimeLimit: propertyMsMax },
  )
})

test('saved and followed again at every cut, it goes on the same', () => {
  fc.assert(
    fc.property(texts, cuts, (whole, lengths) => {
      const straight = text.follow()
      let resumed = text.follow()
      for (const piece of cut(whole, lengths)) {
        assert.deepEqual(windowsIn(resumed, piece), windowsIn(straight, piece))
        assert.deepEqual(Buffer.from(resumed.save()), Buffer.from(straight.save()))
        resumed = text.follow(resumed.save())
        assert.deepEqual(all(resumed), all(straight))
      }
    }),
    { numRuns: 40, interruptAfterTimeLimit: propertyMsMax },
  )
})

test('saved while a window can be asked for, it goes on from the end of that window', () => {
  const words = Array.from({ length: 100 }, (_, i) => `wörd${i}`).join(' ')
  const follower = text.follow()
  const saved: Uint8Array[] = []
  add(follower, words, () => saved.push(follower.save()))
  assert.ok(saved.length > 3)
  for (const state of saved) {
    const resumed = text.follow(state)
    add(resumed, words.slice(resumed.excerpt().toString().length))
    assert.deepEqual(all(resumed), all(follower))
  }
})

test('a saved state that was damaged is refused', () => {
  const follower = text.follow()
  add(follower, 'The quick brown fox jumps over the lazy dog. '.repeat(40))
  const saved = follower.save()
  const refused = { name: 'StreamError', code: 'cluster/follower' }
  for (let at = 0; at < saved.length; at++) {
    assert.throws(() => text.follow(saved.with(at, saved[at] ^ (1 << (at % 8)))), refused)
    assert.throws(() => text.follow(saved.subarray(0, at)), refused)
  }
  assert.throws(() => text.follow(Buffer.concat([saved, saved])), refused)
})

test('what it keeps is bounded, whatever it reads', () => {
  const follower = text.follow()
  for (const piece of [
    'word '.repeat(200_000),
    'x'.repeat(1_000_000),
    '日'.repeat(300_000),
    '\u0301'.repeat(300_000),
  ]) {
    add(follower, piece)
    assert.ok(follower.save().length < excerptBytesMax + 2 * (windowWords + strideWords) + 64)
  }
})
