import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { classic } from './classic.ts'
import { idf } from './idf.ts'
import { newTerms } from './terms.ts'

interface Case {
  readonly text: string
  readonly counts: readonly (readonly [term: number, times: number])[]
  readonly tfidf: readonly number[]
}

const path = new URL('../../test/cases/classic-features.json', import.meta.url)
const cases: readonly Case[] = JSON.parse(readFileSync(path, 'utf8')).cases

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
  for (const { text, counts } of cases.filter(({ text }) => text !== '')) {
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
