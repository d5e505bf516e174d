import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { harmless } from './terminal.ts'

test('shows what could act on a terminal, and leaves the rest as it is', () => {
  const cases: [text: string, shown: string][] = [
    ['plain “text”, naïve, 日本語, 😀', 'plain “text”, naïve, 日本語, 😀'],
    ['two\nlines\r\n', 'two⏎lines␍⏎'],
    ['\x1b[31mred\x07\x00', '␛[31mred␇␀'],
    ['\x7f\x9b2J', '␡<U+009B>2J'],
    ['a\u202Eb\u2066c\u200e👩\u200d💻', 'a<U+202E>b<U+2066>c<U+200E>👩\u200d💻'],
    ['\u2028\ufeff\ud83d', '<U+2028><U+FEFF><U+D83D>'],
    ['\u{e0041}', '<U+E0041>'],
  ]
  for (const [text, shown] of cases) assert.equal(harmless(text), shown)
})

test('lets no control, format or separator character through', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      assert.doesNotMatch(harmless(text), /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u)
    }),
  )
})
