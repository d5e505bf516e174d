import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { excerptBytesMax, type SampledWindow } from './cluster.ts'
import { distinctiveOf, labelsOf, termsMax } from './labels.ts'

let windows = 0

const window = (excerpt: string, document = `/${windows}`): SampledWindow => ({
  number: windows,
  priority: (windows++ * 7919) % 10_007,
  place: { destination_uri: document },
  index: new Uint16Array(0),
  count: new Uint16Array(0),
  excerpt: Buffer.from(excerpt).subarray(-excerptBytesMax),
})

const termsOf = (...clusters: readonly (readonly (string | SampledWindow)[])[]) =>
  distinctiveOf(clusters.map(texts => texts.map(text => (typeof text === 'string' ? window(text) : text)))).map(
    terms => [...terms.keys()],
  )

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

test('finds what tells clusters apart, not what is frequent in all of them', () => {
  const [sea, kitchen] = termsOf(
    times(20, n => `the whale and the ship of the sea ${n % 3 ? 'captain' : 'harpoon'} .`),
    times(20, n => `the bread and the oven of the baker ${n % 3 ? 'flour' : 'butter'} .`),
  )
  assert.deepEqual(sea, ['sea', 'ship', 'whale', 'captain', 'harpoon'])
  assert.deepEqual(kitchen, ['baker', 'bread', 'oven', 'flour', 'butter'])
})

test('a word of one window says nothing, unless there are no others', () => {
  const [many, one] = termsOf([...times(9, () => 'whale ship .'), 'zebulon .'], ['oven bread .'])
  assert.deepEqual(many, ['ship', 'whale'])
  assert.deepEqual(one, ['bread', 'oven'])
})

test('a word in text that slides by counts once', () => {
  const book = times(400, n => (n === 200 ? 'zebulon' : `the w${(n * n * 31) % 11}whale`)).join(' ')
  const sliding = times(40, n => window(book.slice(0, 300 + n * 90), '/book'))
  const [terms] = termsOf(
    sliding,
    times(20, () => 'the oven bread .'),
  )
  assert.ok(terms.includes('w9whale'))
  assert.ok(!terms.includes('zebulon'))
})

test('leaves out what may be half a word at the ends of an excerpt', () => {
  const full = times(300, () => 'sea')
    .join(' ')
    .slice(-excerptBytesMax + 'athan  whal'.length)
  const [sea] = termsOf(
    times(5, () => `athan ${full} whal`),
    times(5, () => 'bread oven.'),
  )
  assert.deepEqual(sea, ['sea'])
})

test('a half word at the end of one window is whole in the next', () => {
  const whole = 'it was the captain who saw the great leviathan '
  const sliding = times(6, d => [whole.slice(0, -4), `${whole}.`].map(text => window(text, `/${d}`))).flat()
  const [terms] = termsOf(
    sliding,
    times(9, () => 'it was the bread oven '),
  )
  assert.ok(terms.includes('leviathan'))
  assert.ok(!terms.includes('leviat'))
})

test('a word at the end of one window counts with the next', () => {
  const text = 'it was the captain who saw the great leviathan'
  const sliding = times(6, d => [text, `${text} rise and fall`].map(text => window(text, `/${d}`))).flat()
  const [terms] = termsOf(
    sliding,
    times(9, () => 'it was the bread oven '),
  )
  assert.ok(terms.includes('leviathan'))
})

test('a word that is not quite as frequent, but nowhere else, goes first', () => {
  const [sea] = termsOf(
    times(30, n => `the ship sails and sails on and on ${n % 3 ? 'whale' : 'wave'} .`),
    times(30, n => `the oven bakes and bakes on ${n % 3 ? 'bread' : 'ship'} .`),
  )
  assert.ok(sea.indexOf('wave') < sea.indexOf('ship'))
})

test('finds words in scripts without spaces', () => {
  const [models, kitchen] = termsOf(
    times(9, n => `机器学习模型${n}可以自动分类文本。`),
    times(9, n => `厨师在厨房里烤面包${n}。`),
  )
  assert.ok(models.includes('模型'))
  assert.ok(kitchen.includes('厨房'))
})

test('one cluster alone has terms, too, and not those that are everywhere', () => {
  const [terms] = termsOf(times(20, n => `the ${n % 2 ? 'whale' : 'ship'} .`))
  assert.deepEqual(terms, ['ship', 'whale', 'the'])
})

test('nothing to read gives no terms', () => {
  assert.deepEqual(termsOf([], ['', '1 2 3'], ['...']), [[], [], []])
})

test('terms hold letters, marks and digits, whatever the text says', () => {
  const hostile = fc.constantFrom('<img src=x>', "'; drop table t; --", '\u001b[31m', '\u0000', '\u202e', '`', '"')
  const texts = fc.array(fc.array(fc.oneof(hostile, fc.string({ unit: 'binary' })), { maxLength: 5 }), { maxLength: 6 })
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 4 }), clusters => {
      const distinctive = distinctiveOf(clusters.map(of => of.map(parts => window(parts.join(' ')))))
      for (const word of distinctive.flatMap(terms => [...terms.keys()])) assert.match(word, /^[\p{L}\p{M}\p{N}]+$/u)
      const labels = labelsOf([...clusters.keys()], distinctive, new Map())
      for (const label of labels) assert.match(label, /^[\p{L}\p{M}\p{N}]+(, [\p{L}\p{M}\p{N}]+)*$|^cluster \d+$/u)
      assert.equal(new Set(labels).size, labels.length)
    }),
  )
})

const scores = (...terms: readonly string[]) => new Map(terms.map((term, at) => [term, terms.length - at]))
const ten = times(12, n => `t${n}`)

const labelled: readonly [
  name: string,
  numbers: number[],
  terms: string[][],
  before: [number, string][],
  labels: string[],
][] = [
  ['the first three terms', [0], [['a', 'b', 'c', 'd']], [], ['a, b, c']],
  ['fewer where there are fewer', [0, 1], [['a'], ['b', 'c']], [], ['a', 'b, c']],
  ['a number where there are none', [3], [[]], [], ['cluster 3']],
  ['what it was, as long as that holds', [3], [['x', 'c', 'b', 'a']], [[3, 'a, b, c']], ['a, b, c']],
  ['what it was, if half of it holds', [3], [['x', 'b']], [[3, 'a, b']], ['a, b']],
  ['anew where most of it does not hold', [3], [['x', 'b']], [[3, 'a, b, c']], ['x, b']],
  [
    'anew where it tells it apart not half as well as others',
    [3],
    [['v', 'w', 'x', 'y', 'a', 'b', 'c']],
    [[3, 'a, b, c']],
    ['v, w, x'],
  ],
  ['what it was, where nothing tells more', [3], [[]], [[3, 'a, b']], ['a, b']],
  ['anew where it was a number', [3], [['x', 'b']], [[3, 'cluster 3']], ['x, b']],
  ['not what another one was', [3], [['a', 'b', 'c']], [[4, 'x, y, z']], ['a, b, c']],
  ['no two the same: further terms', [0, 1], [ten, ten], [], ['t0, t1, t2', 't0, t1, t2, t3']],
  [
    'no two the same: not what another one keeps',
    [0, 1],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [[1, 'a, b']],
    ['cluster 0', 'a, b'],
  ],
]

for (const [name, numbers, terms, before, labels] of labelled) {
  test(`labels a cluster ${name}`, () => {
    assert.deepEqual(
      labelsOf(
        numbers,
        terms.map(of => scores(...of)),
        new Map(before),
      ),
      labels,
    )
  })
}

test('a label has at most as many terms as a cluster', () => {
  const labels = labelsOf([...ten.keys()], Array(12).fill(scores(...ten)), new Map())
  assert.equal(labels.filter(label => label.startsWith('cluster')).length, 12 - (termsMax - 2))
})
