import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isBody, joinHalves, seen, unescapeBody, unescapeQuoted } from './json-string.ts'

const unescaped = (body: Buffer, shift = 0) => {
  const from = Buffer.concat([Buffer.alloc(shift, '"'), body, Buffer.from('"tail')])
  const to = Buffer.alloc(shift + body.length + 1, 0xaa)
  const end = unescapeBody(from, shift, shift + body.length, to, shift)
  assert.equal(to[shift + body.length], 0xaa, 'wrote behind the room it asked for')
  return end === -1 ? undefined : to.subarray(shift, end)
}

const parsed = (body: Buffer): string | undefined => {
  try {
    return JSON.parse(`"${body}"`)
  } catch {
    return undefined
  }
}

const escapeAll = (text: string) =>
  [...Array(text.length).keys()].map(i => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

const piece = fc.oneof(
  fc.string({ unit: 'binary' }).map(text => JSON.stringify(text).slice(1, -1)),
  fc.string({ unit: 'grapheme' }).map(text => JSON.stringify(text).slice(1, -1)),
  fc.string({ unit: 'binary', maxLength: 4 }).map(escapeAll),
  fc.constantFrom(
    '\\ud83d',
    '\\ude00',
    '\\uDBFF\\uDFFF',
    '\\/',
    '\\b\\f',
    'a plain run of text that is longer than 8 bytes',
  ),
)
const valid = fc.array(piece).map(pieces => Buffer.from(pieces.join('')))
const rubbish = fc
  .array(
    fc.oneof(
      piece,
      fc.constantFrom('\\', '"', '\n', '\u0000', '\\u12', '\\uD83D\\u', '\\x', '\\u00g0', '\\U0041', '\t'),
    ),
  )
  .map(pieces => Buffer.from(pieces.join('')))

test('unescapes what JSON.parse does, at every alignment', () => {
  fc.assert(
    fc.property(valid, fc.nat(9), (body, shift) => {
      assert.equal(unescaped(body, shift)?.toString('hex'), Buffer.from(parsed(body)!).toString('hex'))
    }),
    { numRuns: 2000 },
  )
})

test('isBody says of every string what unescapeBody says, at every alignment', () => {
  fc.assert(
    fc.property(fc.oneof(valid, rubbish), fc.nat(9), (body, shift) => {
      const from = Buffer.concat([Buffer.alloc(shift, '"'), body, Buffer.from('"tail')])
      assert.equal(isBody(from, shift, shift + body.length), unescaped(body, shift) !== undefined)
    }),
    { numRuns: 2000 },
  )
})

test('refuses exactly what JSON.parse refuses', () => {
  fc.assert(
    fc.property(rubbish, fc.nat(9), (body, shift) => {
      const expected = parsed(body)
      const at = unescaped(body, shift)
      assert.equal(at?.toString('hex'), expected === undefined ? undefined : Buffer.from(expected).toString('hex'))
    }),
    { numRuns: 2000 },
  )
})

test('refuses each single byte that JSON refuses', () => {
  for (let byte = 0; byte < 128; byte++)
    for (const body of [[byte], [92, byte], [...Buffer.from('plain text, long'), byte, 120]]) {
      const expected = parsed(Buffer.from(body))
      assert.equal(unescaped(Buffer.from(body))?.toString(), expected, `byte ${byte} in ${body}`)
    }
})

test('counts lone halves inside, and tells those at the borders apart', () => {
  const cases: [body: string, first: number, last: number, lone: number][] = [
    ['', 0, 0, 0],
    ['\\ud83d\\ude00', 0, 0, 0],
    ['\\ude00x\\ud83d', 0xde00, 0xd83d, 0],
    ['\\ud83d', 0, 0xd83d, 0],
    ['\\ude00', 0xde00, 0, 0],
    ['x\\ude00', 0, 0, 1],
    ['\\ud83dx', 0, 0, 1],
    ['\\ud83d\\ud83d\\ude00\\ude00', 0, 0, 2],
    ['\\ude00\\ude01', 0xde00, 0, 1],
  ]
  for (const [body, first, last, lone] of cases) {
    unescaped(Buffer.from(body))
    assert.deepEqual([seen.first, seen.last, seen.lone], [first, last, lone], body)
  }
})

test('heals a pair that is split over two strings', () => {
  const to = Buffer.alloc(4)
  for (const character of ['😀', '\u{10000}', '\u{10ffff}']) {
    assert.equal(joinHalves(character.charCodeAt(0), character.charCodeAt(1), to, 0), 4)
    assert.equal(to.toString(), character)
  }
})

test('finds the closing quote', () => {
  const line = Buffer.from('{"chunk": "a \\"b\\" and \\u0022"} "more"')
  const to = Buffer.alloc(line.length)
  const end = unescapeQuoted(line, 11, line.length, to, 0)
  assert.equal(to.toString('utf8', 0, end), 'a "b" and "')
  assert.equal(line.toString('utf8', seen.stop), '"} "more"')
})

test('refuses a string without a closing quote', () => {
  for (const line of ['abc', 'abc\n"', 'a\\"', ''])
    assert.equal(unescapeQuoted(Buffer.from(line), 0, line.length, Buffer.alloc(9), 0), -1, line)
})
