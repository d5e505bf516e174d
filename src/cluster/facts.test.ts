import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Model, SampledWindow } from './cluster.ts'
import { type Centres, identify } from './facts.ts'

/** Windows of texts about some topics, one after another; a window's only term is its topic. */
const windowsOf = (topics: readonly string[]): SampledWindow[] =>
  topics.map((topic, number) => ({
    number,
    priority: (number * 7919) % 10_007,
    place: { destination_uri: `/${number}`, response_id: 'r', seq: 3 },
    index: Uint16Array.of(topic.charCodeAt(0)),
    count: Uint16Array.of(1),
    excerpt: Buffer.from(`the ${topic} of ${topic}ness and ${topic}hood is no ${number} .`),
  }))

const centresOf = (sample: readonly SampledWindow[], topics: readonly string[], model = 1): Centres => ({
  model,
  windows: sample.length,
  sample,
  centres: topics.length,
  centreOf: Int32Array.from(sample, ({ index }) => topics.findIndex(topic => topic.charCodeAt(0) === index[0])),
  distance: sample.map(({ number }) => (number * 31) % 17),
})

/** The model that came of centres. */
const modelOf = (
  { model, windows }: Centres,
  topics: readonly string[],
  identity: ReturnType<typeof identify>,
): Model => ({
  id: model,
  recipe: 'text',
  seed: 1,
  windows,
  clusters: identity.clusters,
  labels: identity.labels,
  nextNumber: identity.nextNumber,
  nearest: ({ index }) =>
    identity.clusters[topics.findIndex(topic => topic.charCodeAt(0) === index[0])] ?? identity.clusters[0],
  save: () => new Uint8Array(0),
})

const repeat = (times: number, ...topics: readonly string[]) => Array.from({ length: times }, () => topics).flat()

test('a first model has its clusters told by number', () => {
  const topics = ['sea', 'ice', 'tea']
  const { clusters, labels, nextNumber, facts } = identify(centresOf(windowsOf(repeat(6, 'tea', 'sea', 'sea')), topics))
  assert.deepEqual(clusters, [1, 2, 0])
  assert.equal(nextNumber, 3)
  assert.deepEqual(labels, ['sea, seahood, seaness', 'cluster 2', 'tea, teahood, teaness'])
  assert.deepEqual(
    facts.map(({ nearest, ...rest }) => ({ ...rest, nearest: nearest.map(({ destination_uri }) => destination_uri) })),
    [
      {
        cluster: 0,
        size: 6,
        share: 1 / 3,
        terms: ['tea', 'teahood', 'teaness'],
        label: 'tea, teahood, teaness',
        nearest: ['/0', '/15', '/9', '/3', '/12'],
      },
      {
        cluster: 1,
        size: 12,
        share: 2 / 3,
        terms: ['sea', 'seahood', 'seaness'],
        label: 'sea, seahood, seaness',
        nearest: ['/17', '/11', '/5', '/16', '/10'],
      },
      { cluster: 2, size: 0, share: 0, terms: [], label: 'cluster 2', nearest: [] },
    ].map(rest => ({ model: 1, change: 'born', parents: [], windows: 18, ...rest })),
  )
})

test('the next model goes on with numbers and labels, and tells of those that died', () => {
  const before = ['sea', 'ice', 'tea']
  const first = centresOf(windowsOf(repeat(10, ...before)), before)
  const identity = identify(first)
  const labels = identity.labels.with(0, 'seahood')
  const model = modelOf(first, before, { ...identity, labels })
  const after = ['zoo', 'tea', 'sea']
  const sample = windowsOf([...repeat(10, 'sea', 'sea', 'tea'), ...repeat(10, 'zoo', 'tea', 'sea')])
  const { facts, nextNumber } = identify(centresOf(sample, after, 2), model)
  assert.deepEqual(
    facts.map(({ cluster, change, parents, label, size }) => ({ cluster, change, parents, label, size })),
    [
      { cluster: 0, change: 'kept', parents: [0], label: 'seahood', size: 30 },
      { cluster: 1, change: 'died', parents: [], label: 'ice, icehood, iceness', size: 0 },
      { cluster: 2, change: 'kept', parents: [2], label: 'tea, teahood, teaness', size: 20 },
      { cluster: 3, change: 'born', parents: [], label: 'zoo, zoohood, zooness', size: 10 },
    ],
  )
  assert.equal(nextNumber, 4)
})

test('where no window is left that the model before knew, all that came since count', () => {
  const topics = ['sea', 'tea']
  const first = centresOf(windowsOf(repeat(5, ...topics)), topics)
  const model = modelOf(first, topics, identify(first))
  const sample = windowsOf(repeat(20, ...topics)).slice(10)
  assert.deepEqual(
    identify(centresOf(sample, topics, 2), model).facts.map(({ cluster, change }) => [cluster, change]),
    [
      [0, 'kept'],
      [1, 'kept'],
    ],
  )
})

test('neither the order of centres nor that of the sample makes a difference', () => {
  const before = ['sea', 'ice', 'tea', 'zoo']
  const first = centresOf(windowsOf(repeat(9, ...before)), before)
  const model = modelOf(first, before, identify(first))
  const after = ['ice', 'sea', 'tea', 'zoo', 'axe', 'bus']
  const sample = windowsOf([...repeat(9, ...before), ...repeat(4, ...after)])
  const expected = identify(centresOf(sample, after, 2), model)
  const shuffled = <T>(of: readonly T[]) => fc.shuffledSubarray([...of], { minLength: of.length })
  fc.assert(
    fc.property(shuffled(after), shuffled(sample), (topics, windows) => {
      const { facts, clusters } = identify(centresOf(windows, topics, 2), model)
      assert.deepEqual(facts, expected.facts)
      assert.deepEqual(
        clusters,
        topics.map(topic => expected.clusters[after.indexOf(topic)]),
      )
    }),
    { numRuns: 50 },
  )
})
