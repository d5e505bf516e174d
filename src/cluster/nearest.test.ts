import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SampledWindow } from './cluster.ts'
import { nearestOf } from './nearest.ts'

const window = (number: number, document: string, excerpt: string): SampledWindow => ({
  number,
  priority: number,
  place: { destination_uri: document, response_id: 'r', seq: number },
  index: new Uint16Array(0),
  count: new Uint16Array(0),
  excerpt: Buffer.from(excerpt),
})

/** Words of nothing else. */
const text = (seed: number, words = 60) => Array.from({ length: words }, (_, i) => `w${seed}x${i}`).join(' ')

const nearest = (sample: readonly SampledWindow[], distance: readonly number[] = sample.map((_, at) => at)) =>
  nearestOf([...sample.keys()], sample, distance).map(({ seq }) => seq)

const cases: readonly [name: string, sample: SampledWindow[], distance: number[] | undefined, numbers: number[]][] = [
  ['none of none', [], undefined, []],
  ['at most five', [0, 1, 2, 3, 4, 5, 6].map(n => window(n, `/${n}`, text(n))), undefined, [0, 1, 2, 3, 4]],
  ['the nearest first', [0, 1, 2].map(n => window(n, `/${n}`, text(n))), [3, 1, 2], [1, 2, 0]],
  ['of ties the first', [0, 1, 2].map(n => window(n, `/${n}`, text(n))).reverse(), [1, 1, 1], [0, 1, 2]],
  [
    'two of an answer, if there are others',
    [0, 1, 2, 3, 4, 5, 6, 7].map(n => window(n, n < 5 ? '/a' : `/${n}`, text(n))),
    undefined,
    [0, 1, 5, 6, 7],
  ],
  [
    'more of an answer, if there are not enough others',
    [0, 1, 2, 3, 4, 5].map(n => window(n, n < 5 ? '/a' : '/b', text(n))),
    undefined,
    [0, 1, 2, 3, 5],
  ],
  ['not the same text twice, whoever wrote it', [0, 1, 2].map(n => window(n, `/${n}`, text(n % 2))), undefined, [0, 1]],
  [
    'none that slid a little further over the same text',
    [0, 1, 2, 3].map(n => window(n, '/a', text(0, 100).slice(n * 50, n * 50 + 300))),
    undefined,
    [0],
  ],
  [
    'the last of those that slid over the same text, if that is the nearest',
    [0, 1, 2, 3].map(n => window(n, '/a', text(0, 100).slice(n * 50, n * 50 + 300))),
    [4, 3, 2, 1],
    [3],
  ],
  ['short texts', ['a', 'b', 'ab', 'a', 'c'].map((t, n) => window(n, `/${n}`, t)), undefined, [0, 1, 4]],
  ['texts of nothing', ['', 'a', ''].map((t, n) => window(n, `/${n}`, t)), undefined, [0, 1, 2]],
]

for (const [name, sample, distance, numbers] of cases) {
  test(`shows ${name}`, () => assert.deepEqual(nearest(sample, distance), numbers))
}

test('shows excerpts as they came, and where they stand', () => {
  const sample = [window(3, '/a', '<b>\u0000"\u001b[31m'), window(1, '/b', 'naïve 学习')]
  assert.deepEqual(nearestOf([1, 0], sample, [1, 0]), [
    { destination_uri: '/b', response_id: 'r', seq: 1, excerpt: 'naïve 学习' },
    { destination_uri: '/a', response_id: 'r', seq: 3, excerpt: '<b>\u0000"\u001b[31m' },
  ])
})
