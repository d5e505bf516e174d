import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chanceFrom } from './chance.ts'
import type { ClusterFacts, Fitted, Model, RecipeName } from './cluster.ts'
import { embedded } from './embedded.ts'
import { recipeOf } from './recipes.ts'
import { priorityOf, Sample } from './sample.ts'

const wordsPerTopic = 60
const wordsPerAnswer = 300
const seed = 42

/** A topic is what it shares with a wider one, a word of its own in so many, and what all texts share. */
interface Topic {
  readonly name: string
  readonly within?: string
}

const sea: Topic = { name: 'sea' }
const tea: Topic = { name: 'tea' }
const zoo: Topic = { name: 'zoo' }
const law: Topic = { name: 'law' }
/** Two kinds of music: half of their words are the same. */
const jazz: Topic = { name: 'jazz', within: 'music' }
const opera: Topic = { name: 'opera', within: 'music' }

const letters = (n: number) => String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26))

/** Texts come in, windows are sampled, models are fitted: as `consume` does it. */
class Stream {
  readonly #recipe
  readonly #isRestarted: boolean
  readonly #chance = chanceFrom(7)
  #sample = new Sample()
  #answers = 0
  windows = 0
  model: Model | undefined

  constructor({ recipe = 'text', isRestarted = false }: { recipe?: RecipeName; isRestarted?: boolean } = {}) {
    this.#recipe = recipeOf(recipe)
    this.#isRestarted = isRestarted
  }

  /** So many answers about each of the topics. */
  take(answers: number, ...topics: readonly Topic[]): this {
    for (let n = 0; n < answers; n++) for (const topic of topics) this.#read(topic)
    return this
  }

  async fit(k: number): Promise<Fitted> {
    if (this.#isRestarted) this.#restart()
    const options = { recipe: this.#recipe, k, seed, windows: this.windows, before: this.model }
    const fitted = await embedded.fit(this.#sample.windows, options)
    this.model = fitted.model
    return fitted
  }

  /** The cluster of most windows of a text about the topic. */
  clusterOf(topic: Topic): number {
    const follower = this.#recipe.follow()
    const counts = new Map<number, number>()
    const terms = { length: 0, index: new Uint16Array(2048), count: new Uint16Array(2048) }
    const text = this.#text(topic)
    follower.add(text, 0, text.length, () => {
      follower.terms(terms)
      const cluster = this.model!.nearest(terms)
      counts.set(cluster, (counts.get(cluster) ?? 0) + 1)
    })
    return [...counts].sort(([, a], [, b]) => b - a)[0][0]
  }

  #word({ name, within }: Topic): string {
    const at = Math.floor(this.#chance() * wordsPerTopic)
    const kind = this.#chance()
    if (kind < 0.4) return `common${letters(at)}`
    return within !== undefined && kind < 0.7 ? within + letters(at) : name + letters(at)
  }

  #text(topic: Topic): Buffer {
    return Buffer.from(`${Array.from({ length: wordsPerAnswer }, () => this.#word(topic)).join(' ')}.`)
  }

  #read(topic: Topic) {
    const answer = this.#answers++
    const follower = this.#recipe.follow()
    const text = this.#text(topic)
    follower.add(text, 0, text.length, () => {
      const terms = { length: 0, index: new Uint16Array(2048), count: new Uint16Array(2048) }
      follower.terms(terms)
      this.#sample.add({
        number: this.windows++,
        priority: priorityOf(answer, follower.window),
        place: { destination_uri: `/${topic.name}`, response_id: `r${answer}`, seq: follower.window },
        index: terms.index.slice(0, terms.length),
        count: terms.count.slice(0, terms.length),
        excerpt: follower.excerpt(),
      })
    })
  }

  /** What a new process has: the model as it was saved, the sample in another order. */
  #restart() {
    this.model = this.model && embedded.load(this.model.save())
    const sample = new Sample()
    for (const window of this.#sample.windows.toSorted((a, b) => b.number - a.number)) sample.add(window)
    this.#sample = sample
  }
}

const told = (facts: readonly ClusterFacts[]) =>
  facts.map(({ cluster, change, parents }) => `${cluster} ${change} ${parents.join('+')}`.trim())

const labelsBy = (facts: readonly ClusterFacts[]) => new Map(facts.map(({ cluster, label }) => [cluster, label]))

for (const isRestarted of [false, true]) {
  const where = isRestarted ? ', with a restart before every refit' : ''
  const steady = [sea, tea, zoo, law]

  test(`numbers and labels stay over refits on ever more windows${where}`, async () => {
    const stream = new Stream({ isRestarted })
    const first = await stream.take(3, ...steady).fit(4)
    assert.deepEqual(told(first.clusters), ['0 born', '1 born', '2 born', '3 born'])
    const clusters = steady.map(topic => stream.clusterOf(topic))
    assert.deepEqual(clusters.toSorted(), [0, 1, 2, 3])
    for (const answers of [3, 6, 12]) {
      const fitted = await stream.take(answers, ...steady).fit(4)
      assert.deepEqual(told(fitted.clusters), ['0 kept 0', '1 kept 1', '2 kept 2', '3 kept 3'])
      assert.deepEqual(labelsBy(fitted.clusters), labelsBy(first.clusters))
      assert.deepEqual(
        steady.map(topic => stream.clusterOf(topic)),
        clusters,
      )
    }
  })

  test(`a new topic is born, and those there were keep their numbers${where}`, async () => {
    const stream = new Stream({ isRestarted })
    await stream.take(10, sea, tea, zoo).fit(3)
    const before = [sea, tea, zoo].map(topic => stream.clusterOf(topic))
    const { clusters } = await stream.take(10, sea, tea, zoo, law, law).fit(4)
    assert.deepEqual(told(clusters), ['0 kept 0', '1 kept 1', '2 kept 2', '3 born'])
    assert.deepEqual(
      [sea, tea, zoo, law].map(topic => stream.clusterOf(topic)),
      [...before, 3],
    )
  })

  test(`a topic splits, and becomes one again${where}`, async () => {
    const stream = new Stream({ isRestarted })
    await stream.take(10, sea, tea, jazz, opera, opera).fit(3)
    const music = stream.clusterOf(opera)
    assert.equal(stream.clusterOf(jazz), music)
    const { clusters: split } = await stream.take(10, sea, tea, jazz, opera, opera).fit(4)
    assert.deepEqual(told(split), [...[0, 1, 2].map(n => `${n} kept ${n}`), `3 split ${music}`])
    assert.deepEqual([stream.clusterOf(opera), stream.clusterOf(jazz)], [music, 3])
    const { clusters: merged } = await stream.take(12, sea, tea, jazz, opera, opera).fit(3)
    assert.deepEqual(told(merged), [
      ...[0, 1, 2].map(n => (n === music ? `${n} merged ${n}+3` : `${n} kept ${n}`)),
      `3 died ${music}`,
    ])
    const { clusters: again } = await stream.fit(4)
    assert.deepEqual(told(again).at(-1), `4 split ${music}`)
    assert.equal(stream.model!.nextNumber, 5)
  })
}

test('a restart between refits changes nothing', async () => {
  const [here, there] = await Promise.all(
    [false, true].map(async isRestarted => {
      const stream = new Stream({ isRestarted })
      const all: Fitted[] = []
      for (const topic of [sea, tea, zoo, law]) all.push(await stream.take(4, sea, jazz, topic).fit(5))
      return { facts: all.map(({ clusters }) => clusters), saved: all.map(({ model }) => Buffer.from(model.save())) }
    }),
  )
  assert.deepEqual(here, there)
})

test('a topic that no longer comes keeps its number for as long as it is in the sample', async () => {
  const stream = new Stream()
  await stream.take(10, sea, tea, zoo).fit(3)
  const cluster = stream.clusterOf(zoo)
  for (let n = 0; n < 3; n++) await stream.take(8, sea, tea).fit(3)
  assert.equal(stream.clusterOf(zoo), cluster)
})

test('numbers are never used again, whatever k and texts do', async () => {
  const stream = new Stream()
  const topics = [sea, tea, zoo, law, jazz, opera]
  const seen = new Set<number>()
  let living = new Set<number>()
  for (const [at, k] of [2, 5, 3, 8, 1, 6, 6, 2, 8].entries()) {
    const { model } = await stream.take(2, topics[at % topics.length], topics[(at * 5 + 1) % topics.length]).fit(k)
    for (const number of model.clusters) assert.ok(living.has(number) || !seen.has(number), `${number} came back`)
    assert.ok(Math.max(...model.clusters) < model.nextNumber)
    living = new Set(model.clusters)
    for (const number of living) seen.add(number)
  }
})

test('a label says what a topic is about, the nearest windows are of it', async () => {
  const stream = new Stream()
  const { clusters } = await stream.take(10, sea, tea, zoo).fit(3)
  for (const topic of [sea, tea, zoo]) {
    const { label, nearest, terms } = clusters.find(({ cluster }) => cluster === stream.clusterOf(topic))!
    assert.ok(terms.every(term => term.startsWith(topic.name)))
    assert.equal(label, terms.slice(0, 3).join(', '))
    assert.deepEqual(
      nearest.map(({ destination_uri }) => destination_uri),
      Array(5).fill(`/${topic.name}`),
    )
    assert.equal(new Set(nearest.map(({ response_id }) => response_id)).size >= 3, true)
  }
})
