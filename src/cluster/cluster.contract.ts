import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Chance, chanceFrom } from './chance.ts'
import type { Clustering, FitOptions, Fitted, Model, RecipeName, SampledWindow, Terms } from './cluster.ts'
import { recipeOf } from './recipes.ts'

const termsPerTopic = 60
const commonTerms = 100

/** A window about a topic: half of it words of its own, half of it words that all texts share. */
const termsAbout = (topic: number, chance: Chance): Map<number, number> => {
  const found = new Map<number, number>()
  for (let i = 0; i < 80; i++) {
    const own = commonTerms + topic * termsPerTopic + Math.floor(chance() * termsPerTopic)
    const term = chance() < 0.5 ? own : Math.floor(chance() * commonTerms)
    found.set(term, (found.get(term) ?? 0) + 1)
  }
  return found
}

export const windowOf = (number: number, found: ReadonlyMap<number, number>): SampledWindow => ({
  number,
  priority: number,
  place: { destination_uri: `/${number}.md`, response_id: `r${number}`, seq: number },
  index: Uint16Array.from(found.keys()),
  count: Uint16Array.from(found.values()),
  excerpt: Buffer.from(`window ${number}`),
})

export interface Planted {
  readonly sample: readonly SampledWindow[]
  /** By window. */
  readonly topics: readonly number[]
}

/** Windows about so many topics, in turn. */
export const planted = (topicCount: number, windows: number, seed = 1): Planted => {
  const chance = chanceFrom(seed)
  const topics = Array.from({ length: windows }, (_, number) => number % topicCount)
  return { topics, sample: topics.map((topic, number) => windowOf(number, termsAbout(topic, chance))) }
}

const asTerms = ({ index, count }: SampledWindow): Terms => ({ length: index.length, index, count })

const assigned = (model: Model, sample: readonly SampledWindow[]) =>
  sample.map(window => model.nearest(asTerms(window)))

/** Which cluster each topic's windows are in, if they are in one. */
const clustersOfTopics = (topics: readonly number[], clusters: readonly number[]) =>
  [...Map.groupBy(topics.keys(), at => topics[at])].map(([, members]) => [...new Set(members.map(at => clusters[at]))])

const sizesOf = ({ clusters }: Fitted) => clusters.map(({ size }) => size)

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)

const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code

/** What any engine that fits models promises, for one recipe. */
const contractOf = (name: string, clustering: Clustering, recipeName: RecipeName, skip: string | false = false) => {
  const recipe = recipeOf(recipeName)
  const it = (behaviour: string, body: () => Promise<void>) =>
    test(`${name}, ${recipeName}: ${behaviour}`, { skip }, body)
  const fit = (sample: readonly SampledWindow[], options: Partial<FitOptions> = {}) =>
    clustering.fit(sample, { recipe, k: 3, seed: 42, windows: sample.length, ...options })

  it('finds the topics that are there, and gives later windows to theirs', async () => {
    const { sample, topics } = planted(3, 300)
    const later = planted(3, 90, 2)
    const { model } = await fit(sample)
    const [found, foundLater] = [
      clustersOfTopics(topics, assigned(model, sample)),
      clustersOfTopics(later.topics, assigned(model, later.sample)),
    ]
    assert.deepEqual(
      found.map(clusters => clusters.length),
      [1, 1, 1],
    )
    assert.deepEqual(sorted(found.flat()), sorted(model.clusters))
    assert.deepEqual(foundLater, found)
  })

  it('says how large its clusters are, and of which model they are', async () => {
    const { model, clusters } = await fit(planted(3, 300).sample, { windows: 1234 })
    assert.deepEqual(sizesOf({ model, clusters }), [100, 100, 100])
    assert.deepEqual(
      clusters.map(({ model, windows, share }) => ({ model, windows, share })),
      Array(3).fill({ model: 1, windows: 1234, share: 1 / 3 }),
    )
    assert.deepEqual(
      [model.id, model.recipe, model.seed, model.windows, model.clusters.length, model.labels.length],
      [1, recipeName, 42, 1234, 3, 3],
    )
  })

  it('says of its clusters what asking about each window gives, also where they are no topics', async () => {
    const { sample } = planted(2, 200)
    const { model, clusters } = await fit(sample, { k: 6 })
    const found = Map.groupBy(assigned(model, sample), cluster => cluster)
    assert.deepEqual(
      clusters.map(({ cluster, size }) => [cluster, size]),
      clusters.map(({ cluster }) => [cluster, found.get(cluster)?.length]),
    )
  })

  it('gives the same model for the same sample and seed, to the byte', async () => {
    const { sample } = planted(4, 200)
    const models = [await fit(sample), await fit(sample)].map(({ model }) => Buffer.from(model.save()).toString('hex'))
    assert.equal(models[0], models[1])
  })

  it('a model that was saved and loaded is the same', async () => {
    const { sample } = planted(3, 200)
    const { model } = await fit(sample)
    const loaded = clustering.load(model.save())
    const { id, recipe, seed, windows, clusters, labels, nextNumber } = model
    assert.deepEqual(
      [loaded.id, loaded.recipe, loaded.seed, loaded.windows, loaded.clusters, loaded.labels, loaded.nextNumber],
      [id, recipe, seed, windows, clusters, labels, nextNumber],
    )
    assert.deepEqual(assigned(loaded, sample), assigned(model, sample))
    assert.deepEqual(Buffer.from(loaded.save()), Buffer.from(model.save()))
  })

  it('goes on from a model that was saved and loaded as from the model itself', async () => {
    const [early, late] = [planted(3, 150), planted(3, 300)]
    const { model } = await fit(early.sample)
    const next = await Promise.all(
      [model, clustering.load(model.save())].map(before => fit(late.sample, { before, windows: 300 })),
    )
    assert.deepEqual(next[0].clusters, next[1].clusters)
    assert.deepEqual(Buffer.from(next[0].model.save()), Buffer.from(next[1].model.save()))
    assert.equal(next[0].model.id, 2)
  })

  it('clusters keep their numbers when more of the same comes', async () => {
    const [early, late] = [planted(3, 150), planted(3, 300)]
    const { model: before } = await fit(early.sample)
    const { model, clusters } = await fit(late.sample, { before, windows: 300, seed: 43 })
    assert.deepEqual(
      clusters.map(({ change }) => change),
      ['kept', 'kept', 'kept'],
    )
    assert.deepEqual(assigned(model, late.sample), assigned(before, late.sample))
  })

  it('fewer different windows than clusters give fewer clusters', async () => {
    const { sample } = planted(2, 2)
    const twice = [...sample, ...sample].map((window, number) => ({ ...window, number }))
    const { model, clusters } = await fit(twice, { k: 5 })
    assert.deepEqual(sizesOf({ model, clusters }), [2, 2])
    assert.equal(new Set(assigned(model, twice)).size, 2)
  })

  it('one window is one cluster', async () => {
    const { model, clusters } = await fit(planted(1, 1).sample)
    assert.deepEqual([sizesOf({ model, clusters }), [...model.clusters]], [[1], [0]])
  })

  it('windows that are all the same are one cluster', async () => {
    const [window] = planted(1, 1).sample
    const same = Array.from({ length: 50 }, (_, number) => ({ ...window, number }))
    const { clusters, model } = await fit(same)
    assert.deepEqual([sizesOf({ clusters, model }), assigned(model, same.slice(0, 1))], [[50], [0]])
  })

  it('a window without terms, or with terms that were never seen, gets some cluster', async () => {
    const { model } = await fit(planted(3, 60).sample)
    const unseen = new Map([[recipe.dimensions - 1, 1]])
    for (const window of [windowOf(0, new Map()), windowOf(0, unseen)])
      assert.ok(model.clusters.includes(model.nearest(asTerms(window))))
  })

  it('samples with windows without terms are clustered', async () => {
    const empty = Array.from({ length: 20 }, (_, number) => windowOf(number, new Map()))
    const { sample } = planted(2, 40)
    const mixed = [...empty, ...sample].map((window, number) => ({ ...window, number }))
    assert.deepEqual(sizesOf(await fit(empty)), [20])
    assert.equal(
      sizesOf(await fit(mixed)).reduce((a, b) => a + b),
      60,
    )
  })

  it('terms with the largest numbers and counts are like others', async () => {
    const extremes = [new Map([[0, 1]]), new Map([[recipe.dimensions - 1, 0xffff]]), new Map([[1, 0xffff]])]
    const sample = Array.from({ length: 30 }, (_, number) => windowOf(number, extremes[number % 3]))
    const { model } = await fit(sample)
    const found = assigned(clustering.load(model.save()), sample)
    assert.equal(new Set(found).size, 3)
    assert.deepEqual(found.slice(0, 3), found.slice(27))
  })

  it('asking again gives the same, whatever was asked between', async () => {
    const { sample } = planted(3, 90)
    const { model } = await fit(sample)
    const reused: Terms = { length: 0, index: new Uint16Array(500).fill(1), count: new Uint16Array(500).fill(9) }
    for (const window of sample) {
      reused.index.set(window.index)
      reused.count.set(window.count)
      reused.length = window.index.length
      assert.equal(model.nearest(reused), model.nearest(asTerms(window)))
    }
  })

  it('what is no saved model, or was damaged, is an error of code "cluster/model"', async () => {
    const saved = (await fit(planted(3, 60).sample)).model.save()
    const flipped = (at: number) => saved.map((byte, i) => (i === at ? byte ^ 1 : byte))
    const places = [0, 7, 8, 12, 40, saved.length >> 1, saved.length - 5, saved.length - 1]
    const bad = [new Uint8Array(0), Buffer.from('no model'), saved.subarray(1), saved.subarray(0, -1)]
    for (const bytes of [...bad, Buffer.concat([saved, Buffer.of(0)]), ...places.map(flipped)])
      assert.throws(() => clustering.load(bytes), failsWith('cluster/model'))
  })
}

/** Why a recipe's promises are not tested. */
export interface ClusteringContractOptions {
  readonly skip?: Partial<Record<RecipeName, string | false>>
}

export const clusteringContract = (
  name: string,
  clustering: Clustering,
  { skip = {} }: ClusteringContractOptions = {},
): void => {
  for (const recipe of ['text', 'classic'] as const) contractOf(name, clustering, recipe, skip[recipe])
}
