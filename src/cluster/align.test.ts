import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Alignment, align, type Overlap } from './align.ts'

/** So many windows, in order of consumption: the number of the cluster before (none: they came since), and the new centre. */
type Windows = readonly (readonly [many: number, before: number | undefined, centre: number])[]

const overlap = (windows: Windows, numbers: readonly number[], centres: number): Overlap => {
  const known = new Uint32Array(numbers.length * centres)
  const sizes = new Uint32Array(centres)
  const first = new Float64Array(centres).fill(Number.POSITIVE_INFINITY)
  let number = 0
  for (const [many, before, centre] of windows) {
    if (before !== undefined) known[numbers.indexOf(before) * centres + centre] += many
    sizes[centre] += many
    first[centre] = Math.min(first[centre], many === 0 ? Number.POSITIVE_INFINITY : number)
    number += many
  }
  return { numbers, known, sizes, first }
}

const told = ({ clusters, died, nextNumber }: Alignment) => [
  ...clusters.map(({ number, change, parents }) => `${number} ${change} ${parents.join('+')}`.trim()),
  ...died.map(({ number, heirs }) => `${number} died ${heirs.join('+')}`.trim()),
  `next ${nextNumber}`,
]

const parsed = (text: string): Windows =>
  [...text.matchAll(/(\d+) (\d*)>(\d+)/g)].map(([, many, before, centre]) => [
    Number(many),
    before === '' ? undefined : Number(before),
    Number(centre),
  ])

interface Case {
  readonly name: string
  readonly numbers: readonly number[]
  readonly centres: number
  /** `50 0>1`: so many windows that were in the cluster before `0` and are in the new centre 1; `50 >1`: windows that came since. */
  readonly windows: string
  /** By centre, then who died, then the next free number. */
  readonly told: readonly string[]
}

const cases: readonly Case[] = [
  {
    name: 'a first model: numbers by first window',
    numbers: [],
    centres: 3,
    windows: '9 >2, 5 >0, 7 >1',
    told: ['11 born', '12 born', '10 born', 'next 13'],
  },
  {
    name: 'a refit that is identical',
    numbers: [2, 7],
    centres: 2,
    windows: '50 2>0, 30 7>1',
    told: ['2 kept 2', '7 kept 7', 'next 10'],
  },
  {
    name: 'centres in another order',
    numbers: [2, 7],
    centres: 2,
    windows: '50 2>1, 30 7>0',
    told: ['7 kept 7', '2 kept 2', 'next 10'],
  },
  {
    name: 'a topic that grows tenfold',
    numbers: [0, 1],
    centres: 2,
    windows: '50 0>0, 50 1>1, 450 >1',
    told: ['0 kept 0', '1 kept 1', 'next 10'],
  },
  {
    name: 'a split into a large and a small part: the large one is still what it was',
    numbers: [0, 1],
    centres: 3,
    windows: '70 0>0, 30 0>1, 50 1>2',
    told: ['0 kept 0', '10 split 0', '1 kept 1', 'next 11'],
  },
  {
    name: 'a split in the middle: the half that was there first goes on',
    numbers: [0],
    centres: 2,
    windows: '50 0>1, 50 0>0',
    told: ['10 split 0', '0 kept 0', 'next 11'],
  },
  {
    name: 'a split into four, none of which is what it was',
    numbers: [3, 5],
    centres: 5,
    windows: '25 3>0, 25 3>1, 25 3>2, 25 3>3, 9 5>4',
    told: ['10 split 3', '11 split 3', '12 split 3', '13 split 3', '5 kept 5', '3 died 10+11+12+13', 'next 14'],
  },
  {
    name: 'a merger of a large and a small one',
    numbers: [0, 1, 2],
    centres: 2,
    windows: '70 0>0, 30 1>0, 50 2>1',
    told: ['0 merged 0+1', '2 kept 2', '1 died 0', 'next 10'],
  },
  {
    name: 'a merger of four, none of which is what came of it',
    numbers: [0, 1, 2, 3],
    centres: 1,
    windows: '25 0>0, 25 1>0, 25 2>0, 25 3>0',
    told: ['10 merged 0+1+2+3', '0 died 10', '1 died 10', '2 died 10', '3 died 10', 'next 11'],
  },
  {
    name: 'a new topic, though the model before would put it into an old one',
    numbers: [0, 1],
    centres: 3,
    windows: '50 0>0, 50 1>1, 40 >0, 40 >1, 200 >2',
    told: ['0 kept 0', '1 kept 1', '10 born', 'next 11'],
  },
  {
    name: 'a new topic with a few forerunners',
    numbers: [0, 1],
    centres: 3,
    windows: '47 0>0, 3 0>2, 50 1>1, 40 >0, 40 >1, 100 >2',
    told: ['0 kept 0', '1 kept 1', '10 born', 'next 11'],
  },
  {
    name: 'a topic that vanished: what is left of it went elsewhere',
    numbers: [0, 1, 2],
    centres: 2,
    windows: '50 0>0, 50 1>1, 4 2>1',
    told: ['0 kept 0', '1 merged 1+2', '2 died 1', 'next 10'],
  },
  {
    name: 'a topic of which nothing is in the sample any more',
    numbers: [0, 1, 2],
    centres: 2,
    windows: '50 0>0, 50 1>1',
    told: ['0 kept 0', '1 kept 1', '2 died', 'next 10'],
  },
  {
    name: 'parts of two that become one, beside what is left of them',
    numbers: [0, 1],
    centres: 3,
    windows: '70 0>0, 30 0>2, 70 1>1, 30 1>2',
    told: ['0 kept 0', '1 kept 1', '10 merged 0+1', 'next 11'],
  },
  {
    name: 'all that can be kept, where greed would keep the best only',
    numbers: [0, 1],
    centres: 2,
    windows: '42 0>0, 29 0>1, 29 1>0',
    told: ['1 kept 1', '0 kept 0', 'next 10'],
  },
  {
    name: 'a centre without any window',
    numbers: [0],
    centres: 2,
    windows: '50 0>1, 0 0>0',
    told: ['10 born', '0 kept 0', 'next 11'],
  },
  { name: 'no centres', numbers: [4], centres: 0, windows: '', told: ['4 died', 'next 10'] },
]

for (const { name, numbers, centres, windows, told: expected } of cases) {
  test(`aligns ${name}`, () => assert.deepEqual(told(align(overlap(parsed(windows), numbers, centres), 10)), expected))
}

/** Refits of `steps`, each of which gives the cluster of every window, by its centre; the windows stay the same. */
const refits = (
  steps: readonly (readonly number[])[],
): { readonly numbers: number[][]; readonly alignments: Alignment[] } => {
  const alignments: Alignment[] = []
  const numbers: number[][] = []
  for (const [at, centreOf] of steps.entries()) {
    const before = numbers[at - 1] ?? []
    const living = alignments[at - 1]?.clusters.map(({ number }) => number) ?? []
    const windows: Windows = centreOf.map((centre, window) => [1, before[window], centre])
    alignments.push(align(overlap(windows, living, Math.max(...centreOf) + 1), alignments[at - 1]?.nextNumber ?? 0))
    numbers.push(centreOf.map(centre => alignments[at].clusters[centre].number))
  }
  return { numbers, alignments }
}

const range = (length: number) => [...Array(length).keys()]

test('a cluster that drifts a little with each of 30 refits keeps its number, though none of its first windows is left', () => {
  const steps = range(31).map(step => range(1000).map(window => Math.floor(((window - step * 10 + 1000) % 1000) / 200)))
  const { numbers, alignments } = refits(steps)
  assert.deepEqual(
    alignments.slice(1).flatMap(({ clusters }) => clusters.map(({ change }) => change)),
    Array(150).fill('kept'),
  )
  for (const cluster of range(5)) {
    assert.deepEqual(
      new Set(numbers.at(-1)!.filter((_, window) => steps.at(-1)![window] === cluster)),
      new Set([cluster]),
    )
  }
})

test('from 5 clusters to 8 and back the 5 keep their numbers, and those of the 3 are not used again', () => {
  const five = range(800).map(window => Math.min(4, Math.floor(window / 160)))
  const eight = five.map((cluster, window) => (cluster < 3 && window % 160 < 50 ? cluster + 5 : cluster))
  const { alignments } = refits([five, eight, five, eight])
  assert.deepEqual(
    alignments.map(({ clusters }) => clusters.map(({ number }) => number)),
    [
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4, 8, 9, 10],
    ],
  )
  assert.deepEqual(
    alignments[2].died.map(({ number, heirs }) => [number, heirs]),
    [
      [5, [0]],
      [6, [1]],
      [7, [2]],
    ],
  )
})

const overlaps = fc
  .record({ rows: fc.nat(6), centres: fc.nat(6) })
  .chain(({ rows, centres }) =>
    fc.record({
      numbers: fc.uniqueArray(fc.nat(20), { minLength: rows, maxLength: rows }),
      known: fc.array(fc.oneof(fc.constant(0), fc.nat(9)), { minLength: rows * centres, maxLength: rows * centres }),
      fresh: fc.array(fc.nat(30), { minLength: centres, maxLength: centres }),
      first: fc.uniqueArray(fc.nat(), { minLength: centres, maxLength: centres }),
    }),
  )
  .map(({ numbers, known, fresh, first }): Overlap => {
    const sizes = fresh.map((n, centre) =>
      known.reduce((sum, m, at) => (at % fresh.length === centre ? sum + m : sum), n),
    )
    return { numbers, known: Uint32Array.from(known), sizes: Uint32Array.from(sizes), first: Float64Array.from(first) }
  })

test('numbers are unique, never used again, and every change adds up', () => {
  fc.assert(
    fc.property(overlaps, overlap => {
      const { clusters, died, nextNumber } = align(overlap, 21)
      const numbers = clusters.map(({ number }) => number)
      assert.equal(new Set(numbers).size, numbers.length)
      const isOld = (number: number) => overlap.numbers.includes(number)
      assert.deepEqual(
        numbers.filter(number => !isOld(number)).sort((a, b) => a - b),
        range(nextNumber - 21).map(at => at + 21),
      )
      assert.deepEqual(
        [...numbers.filter(isOld), ...died.map(({ number }) => number)].sort((a, b) => a - b),
        overlap.numbers.toSorted((a, b) => a - b),
      )
      for (const { number, change, parents } of clusters) {
        assert.ok(parents.every(isOld))
        assert.equal(parents.includes(number), isOld(number))
        assert.equal(
          change,
          parents.length > 1 ? 'merged' : parents.length === 0 ? 'born' : isOld(number) ? 'kept' : 'split',
        )
      }
      for (const { number, heirs } of died) {
        assert.deepEqual(
          heirs,
          clusters
            .filter(({ parents }) => parents.includes(number))
            .map(({ number }) => number)
            .sort((a, b) => a - b),
        )
        const row = overlap.numbers.indexOf(number)
        const left = clusters.some((_, centre) => overlap.known[row * clusters.length + centre] > 0)
        assert.equal(heirs.length > 0, left)
      }
    }),
    { numRuns: 2000 },
  )
})

test('another order of clusters and centres changes nothing but the order', () => {
  const shuffled = overlaps.chain(overlap =>
    fc.record({
      overlap: fc.constant(overlap),
      rows: fc.shuffledSubarray(range(overlap.numbers.length), { minLength: overlap.numbers.length }),
      centres: fc.shuffledSubarray(range(overlap.sizes.length), { minLength: overlap.sizes.length }),
    }),
  )
  fc.assert(
    fc.property(shuffled, ({ overlap, rows, centres }) => {
      const { numbers, known, sizes, first } = overlap
      const other = align(
        {
          numbers: rows.map(row => numbers[row]),
          known: Uint32Array.from(rows.flatMap(row => centres.map(centre => known[row * centres.length + centre]))),
          sizes: Uint32Array.from(centres, centre => sizes[centre]),
          first: Float64Array.from(centres, centre => first[centre]),
        },
        21,
      )
      const expected = align(overlap, 21)
      assert.deepEqual(other, { ...expected, clusters: centres.map(centre => expected.clusters[centre]) })
    }),
    { numRuns: 1000 },
  )
})
