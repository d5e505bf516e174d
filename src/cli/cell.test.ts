import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fit, pad, widthOf } from './cell.ts'

const widths: readonly (readonly [line: string, width: number])[] = [
  ['', 0],
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['漢字', 4],
  ['한', 2],
  ['ﾊ', 1],
  ['Ａ', 2],
  ['😀', 2],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['❤️', 2],
  ['─…', 2],
]

describe('the width of', () => {
  for (const [line, width] of widths) test(`"${line}" is ${width}`, () => assert.equal(widthOf(line), width))
})

const cuts: readonly (readonly [line: string, width: number, fitted: string])[] = [
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['漢字', 4, '漢字'],
  ['漢字', 3, '漢…'],
  ['漢字', 2, '…'],
  ['éé', 1, '…'],
  ['e\u0301'.repeat(3), 3, 'e\u0301'.repeat(3)],
  ['👩‍👩‍👧!', 2, '…'],
]

describe('to fit', () => {
  for (const [line, width, fitted] of cuts)
    test(`"${line}" into ${width}`, () => {
      assert.equal(fit(line, width), fitted)
      assert.ok(widthOf(fitted) <= width)
    })
})

test('pads on either side', () =>
  assert.deepEqual([pad('漢', 4, false), pad('漢', 4, true), pad('abc', 2, true)], ['漢  ', '  漢', 'abc']))
