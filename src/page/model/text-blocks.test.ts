import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TextBlocks } from './text-blocks.ts'

const blocksOf = (pieces: readonly string[]) => {
  const blocks = new TextBlocks()
  for (const piece of pieces) blocks.append(piece)
  return blocks
}

const unit = fc.constantFrom(
  'a',
  'word ',
  '\n',
  '\n\n',
  '🙂',
  'é',
  ' ',
  '\ud800',
  'x'.repeat(5000),
  'line\n'.repeat(100),
)
const texts = fc.array(
  fc.array(unit, { maxLength: 20 }).map(all => all.join('')),
  { maxLength: 20 },
)

test('blocks are the text, whatever came in which pieces', () => {
  fc.assert(
    fc.property(texts, pieces => {
      const blocks = blocksOf(pieces)
      assert.equal(blocks.texts.join(''), pieces.join(''))
      assert.equal(blocks.units, pieces.join('').length)
      assert.deepEqual(
        blocks.starts,
        blocks.texts.map((_, i) => blocks.texts.slice(0, i).join('').length),
      )
    }),
    { endOnFailure: true },
  )
})

test('no block is long, has many lines, or ends within a character', () => {
  fc.assert(
    fc.property(texts, pieces => {
      for (const text of blocksOf(pieces).texts.slice(0, -1)) {
        assert.ok(text.length <= 4096 && text.split('\n').length <= 65)
        assert.ok(!/[\ud800-\udbff]$/.test(text) || !pieces.join('').includes('🙂'))
      }
    }),
    { endOnFailure: true },
  )
})

test('a unit is found in its block, and a text is cut anywhere', () => {
  fc.assert(
    fc.property(texts, fc.nat(), (pieces, n) => {
      const whole = pieces.join('')
      const blocks = blocksOf(pieces)
      const end = whole === '' ? 0 : n % (whole.length + 1)
      const shown = blocks.texts.map((_, block) => blocks.textUntil(block, end)).join('')
      assert.equal(shown, whole.slice(0, end))
      assert.equal(blocks.slice(0, end), whole.slice(0, end))
      if (end === 0) return
      const block = blocks.blockAt(end - 1)
      assert.ok(blocks.starts[block] <= end - 1 && end - 1 < blocks.starts[block] + blocks.texts[block].length)
    }),
    { endOnFailure: true },
  )
})
