import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { classic } from './classic.ts'
import { excerptBytesMax } from './cluster.ts'
import { idf } from './idf.ts'
import { newTerms } from './terms.ts'
import { text } from './text.ts'

interface Case {
  readonly text: string
  readonly counts: readonly (readonly [term: number, times: number])[]
  readonly tfidf: readonly number[]
}

const path = new URL('../../test/cases/classic-features.json', import.meta.url)
const cases: readonly Case[] = JSON.parse(readFileSync(path, 'utf8')).cases

const windows = cases.filter(({ text }) => text !== '')

const countsOf = (...pieces: string[]) => {
  const follower = classic.follow()
  for (const piece of pieces) {
    const utf8 = Buffer.from(`<${piece}>`)
    follower.add(utf8, 1, utf8.length - 1)
  }
  const terms = newTerms()
  follower.terms(terms)
  const pairs = Array.from({ length: terms.length }, (_, i) => [terms.index[i], terms.count[i]])
  return pairs.sort(([a], [b]) => a - b)
}

test('finds the terms and counts that Spark finds', () => {
  for (const { text, counts } of windows) {
    assert.deepEqual(countsOf(text), counts, JSON.stringify(text))
  }
})

test('weighs terms as Spark does, to 1e-9', () => {
  const df = new Map<number, number>()
  for (const [term] of cases.flatMap(({ counts }) => counts)) df.set(term, (df.get(term) ?? 0) + 1)
  for (const { text, counts, tfidf } of cases) {
    const off = counts.map(([term, times], i) => Math.abs(times * idf(cases.length, df.get(term)!) - tfidf[i]))
    assert.ok(Math.max(0, ...off) <= 1e-9, JSON.stringify(text))
  }
})

test('lower-cases a final sigma as Java 17 does, also behind a mark that stands alone', () => {
  const same = [
    ['\u0345Σ', '\u0345σ'],
    ['x \u0345Σ', 'x \u0345σ'],
    ['a\u0345Σ', 'a\u0345ς'],
    ['1\u0345Σ', '1\u0345ς'],
  ]
  for (const [upper, lower] of same) assert.deepEqual(countsOf(upper), countsOf(lower), upper)
})

test('each piece is a window by itself, an empty one is none', () => {
  const follower = classic.follow()
  const numbers: number[] = []
  for (const piece of ['a b', '', ' ', 'a']) {
    const utf8 = Buffer.from(piece)
    follower.add(utf8, 0, utf8.length, () => numbers.push(follower.window))
  }
  assert.deepEqual(numbers, [1, 2, 3])
  assert.equal(follower.excerpt().toString(), 'a b a')
  assert.deepEqual(countsOf('a b', 'c', ''), countsOf('c'))
  assert.deepEqual(countsOf('a b', ' '), [])
})

test('a count ends at 65,535', () => {
  assert.deepEqual(countsOf('a '.repeat(65_536)), [[countsOf('a')[0][0], 65_535]])
})

test('saved and followed again, it has the same window, terms and excerpt, and goes on', () => {
  for (const { text } of windows) {
    const utf8 = Buffer.from(text)
    const follower = classic.follow()
    follower.add(utf8, 0, utf8.length)
    const resumed = classic.follow(follower.save())
    assert.deepEqual([resumed.window, resumed.excerpt()], [1, follower.excerpt()])
    const [terms, again] = [newTerms(), newTerms()]
    follower.terms(terms)
    resumed.terms(again)
    assert.deepEqual(again, terms)
    resumed.add(utf8, 0, utf8.length)
    assert.equal(resumed.window, 2)
    assert.ok(resumed.excerpt().length <= excerptBytesMax)
  }
})

test('a saved state that was damaged, or belongs to the other recipe, is refused', () => {
  const follower = classic.follow()
  const utf8 = Buffer.from('The quick brown fox jumps over the lazy dog')
  follower.add(utf8, 0, utf8.length)
  const saved = follower.save()
  const refused = { name: 'StreamError', code: 'cluster/follower' }
  for (let at = 0; at < saved.length; at++) {
    assert.throws(() => classic.follow(saved.with(at, saved[at] ^ 0x10)), refused)
    assert.throws(() => classic.follow(saved.subarray(0, at)), refused)
  }
  assert.throws(() => classic.follow(text.follow().save()), { ...refused, message: /version 16, not 32/ })
})
