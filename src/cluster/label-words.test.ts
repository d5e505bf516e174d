import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eachLabelWord } from './label-words.ts'

const wordsOf = (text: string) => {
  const words: string[] = []
  eachLabelWord(text, word => words.push(word))
  return words
}

const cases: readonly [why: string, text: string, words: string[]][] = [
  ['lower case', 'The Whale, the WHALE', ['the', 'whale', 'the', 'whale']],
  ['at least two letters', 'a b1 c22 x y2k ab mp3', ['ab', 'mp3', 'y2k']],
  ['no numbers', '1999 3.14 0x 12ab ٣٤ ⅷ', ['12ab']],
  ['accents, composed or not', 'Élan E\u0301lan café', ['élan', 'élan', 'café']],
  ['no halves of contractions', "don't I’ll isn’t Ada's l'homme 'tis wan'ted", ['ada', 'homme', 'tis', 'wan', 'ted']],
  ['other alphabets', 'Привет, κόσμος! שלום नमस्ते', ['привет', 'κόσμος', 'שלום', 'नमस्ते']],
  ['words of scripts without spaces', '机器学习模型改变世界', ['机器', '学习', '模型', '改变', '世界']],
  ['Thai', 'ภาษาไทย', ['ภาษา', 'ไทย']],
  ['Japanese beside Latin', 'モデルのAI', ['モデル', 'ai']],
  ['nothing invisible', 'soft\u00adhyphen zero\u200bwidth \u202eevil\u202c', ['softhyphen', 'zero', 'width', 'evil']],
  [
    'markup and SQL',
    "<script>alert('x')</script>'; drop table clusters;--",
    ['script', 'alert', 'script', 'drop', 'table', 'clusters'],
  ],
  ['terminal escapes and NUL', '\u001b[31mred\u0000 al\u0007pha', ['31mred', 'al', 'pha']],
  ['no word without end', `${'x'.repeat(41)} ${'y'.repeat(40)} ${'é'.repeat(41)}`, ['y'.repeat(40)]],
  ['only marks', '\u0301\u0301\u0301', []],
  ['emoji', '👩‍💻 code 👍🏽', ['code']],
]

for (const [why, text, words] of cases) {
  test(`finds words: ${why}`, () => assert.deepEqual(wordsOf(text).sort(), words.sort()))
}

const pieces = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('<b>', '\u001b[0m', '"; --', '学习', '\u202e', "don't", 'ไทย', 'Straße', 'İ', '\ud800'),
)

test('a word holds letters, marks and digits only, in lower case, and stands where it is said to stand', () => {
  fc.assert(
    fc.property(fc.array(pieces), array => {
      const text = array.join('').toWellFormed()
      let last = 0
      eachLabelWord(text, (word, from, to) => {
        assert.match(word, /^[\p{L}\p{M}\p{N}]{2,40}$/u)
        assert.equal(word.toLowerCase(), word)
        assert.ok(from >= last && to > from && to <= text.length)
        assert.equal(
          text
            .slice(from, to)
            .replace(/\p{Cf}/gu, '')
            .normalize('NFC')
            .toLowerCase(),
          word,
        )
        last = to
      })
    }),
    { numRuns: 2000 },
  )
})
