import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashingSeed, murmur3 } from './murmur3.ts'
import { digests } from './runs.ts'
import { Words } from './words.ts'

const hashOf = (word: string) => {
  const utf8 = Buffer.from(word)
  return murmur3(utf8, 0, utf8.length, hashingSeed)
}

const hashesIn = (text: string, wordsMax: number) => {
  const utf8 = Buffer.from(text)
  const words = new Words()
  const found: number[] = []
  for (let at = 0; at < utf8.length; ) {
    at = words.read(utf8, at, utf8.length, wordsMax)
    found.push(...digests.subarray(0, words.runs.found))
  }
  return found
}

const cases: [text: string, words: string][] = [
  ['Hello, WORLD 42x!', 'hello world 42x'],
  ['unfinished busines', 'unfinished'],
  ["don't well-known a_b", 'don t well known a'],
  ['NAÏVE Éclair e\u0301tude ', 'naïve éclair e\u0301tude'],
  ['\u0301\u0301 a ', 'a'],
  ['ΟΔΟΣ ΟΔΥΣΣΕΥΣ οδός ', 'οδοσ οδυσσευσ οδόσ'],
  ['İstanbul ISPARTA ılık K Å ', 'istanbul isparta ılık k å'],
  ['日本語です。abc日x', '日 本 語 で す abc 日'],
  ['ガキ\u3099ー ', 'ガ キ\u3099 ー'],
  ['ไทยที่นี่ ', 'ไ ท ย ที่ นี่'],
  ['한국어 텍스트 ', '한국어 텍스트'],
  ['हिन्दी العربية עברית ', 'हिन्दी العربية עברית'],
  ['نمی\u200cخواهم soft\u00adhyphen \ufeffx ', 'نمیخواهم softhyphen x'],
  ['a\u200bb\u00a0c\u2028d\u0085e\0f ', 'a b c d e f'],
  ['😀a👩\u200d💻b🇩🇪 ', 'a b'],
  ['½ x² Ⅷ ٣٤ \u{10400}\u{1d400} ', '½ x² ⅷ ٣٤ \u{10428}\u{1d400}'],
  ['', ''],
]

test('finds letters, digits and marks between anything else, in lower case', () => {
  for (const [text, words] of cases) {
    const expected = words === '' ? [] : words.split(' ').map(hashOf)
    for (const atOnce of [1, 2, 64]) assert.deepEqual(hashesIn(text, atOnce), expected, text)
  }
})

test('a word has ended only when the character behind it is there', () => {
  const words = new Words()
  const foundBy = ['wo', 'rd', ' ', ' ', '日', '\u3099', '本', '-', ' '].map(piece => {
    const utf8 = Buffer.from(piece)
    words.read(utf8, 0, utf8.length, 64)
    return words.runs.found
  })
  assert.deepEqual(foundBy, [0, 0, 1, 0, 0, 0, 1, 1, 0])
})
