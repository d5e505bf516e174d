import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chanceFrom } from '../../src/cluster/chance.ts'
import { classic } from '../../src/cluster/classic.ts'
import { clusteringContract } from '../../src/cluster/cluster.contract.ts'
import type { SampledWindow } from '../../src/cluster/cluster.ts'
import { kmeans } from '../../src/cluster/kmeans.ts'
import { SparsePoints } from '../../src/cluster/points.ts'
import { newTerms } from '../../src/cluster/terms.ts'
import { rarityOf, weigh } from '../../src/cluster/weights.ts'
import { client, quick, sharedSession, sparkSkip as skip, sparkAddress } from '../spark.ts'
import { hostileTexts, stories } from './model-texts.ts'
import { tempDir } from './textstream.ts'

const { as, call, collect, fetchAttribute, localRows, openSpark, predict, project, sort, ascending, vectorOf } = client

const { counted, made } = skip === false ? await import('../../src/cluster/spark-features.ts') : ({} as never)
const { sparkClustering } = skip === false ? await import('../../src/cluster/spark.ts') : ({} as never)
const { fitRarity, fitStages } = skip === false ? await import('../../src/cluster/spark-stages.ts') : ({} as never)
const { sparkWindows } = skip === false ? await import('../../src/cluster/spark-windows.ts') : ({} as never)

const spark = await sharedSession()

describe('Spark keeps what an engine that fits models promises', () => {
  const lazy = {
    fit: (...given: Parameters<ReturnType<typeof sparkWindows>['fit']>) => sparkWindows(spark).fit(...given),
    load: (saved: Uint8Array) => sparkWindows(spark).load(saved),
  }
  clusteringContract('Spark', lazy, {
    skip: { text: 'Spark has the recipe of the old system only: "classic"', classic: skip },
  })
})

const rowsOf = (texts: readonly string[], story: (at: number) => number = () => 0) =>
  localRows(spark, [
    { name: 'chunk', type: 'string', values: texts },
    { name: 'destination_uri', type: 'string', values: texts.map((_, at) => `/${story(at)}.md`) },
    { name: 'response_id', type: 'string', values: texts.map((_, at) => `r${story(at)}`) },
    { name: 'seq', type: 'bigint', values: BigInt64Array.from(texts, (_, at) => BigInt(at)) },
  ])

/** As the embedded engine reads each text. */
const windowsOf = (texts: readonly string[]): SampledWindow[] =>
  texts.map((text, number) => {
    const [follower, utf8, terms] = [classic.follow(), Buffer.from(text), newTerms()]
    follower.add(utf8, 0, utf8.length)
    if (follower.window > 0) follower.terms(terms)
    const [index, count] = [terms.index.slice(0, terms.length), terms.count.slice(0, terms.length)]
    return { number, priority: number, place: { destination_uri: '' }, index, count, excerpt: Buffer.alloc(0) }
  })

test('Spark’s features equal the embedded ones to 1e-9, whatever the text holds', { skip }, async () => {
  const texts = hostileTexts.filter(text => text !== '')
  const rows = counted(await rowsOf(texts))
  const idf = await fitRarity(spark, rows)
  const rarity = vectorOf(await fetchAttribute(spark, idf, 'idf'))
  const shown = project(sort(predict(rows, idf), ascending('seq')), [made.features])
  const found = (await collect(spark, shown)).map(row => vectorOf(row[made.features]))
  const windows = windowsOf(texts)
  const own = rarityOf(windows, classic.dimensions)
  for (const [at, { index, count }] of windows.entries()) {
    const wanted = new Float64Array(classic.dimensions)
    index.forEach((term, i) => {
      wanted[term] = count[i] * own[term]
    })
    const off = wanted.reduce((most, value, term) => Math.max(most, Math.abs(value - found[at][term])), 0)
    assert.ok(off <= 1e-9, `off by ${off}: ${JSON.stringify(texts[at]).slice(0, 200)}`)
  }
  const seen = new Set(windows.flatMap(({ index }) => [...index]))
  for (const term of seen) assert.ok(Math.abs(rarity[term] - own[term]) <= 1e-9)
})

test('Spark’s clusters cost what the embedded ones cost, within 2 %', { skip }, async () => {
  const { texts } = stories(1500)
  const { stages } = await fitStages(spark, counted(await rowsOf(texts)), 5, 42)
  const cost = Number(await fetchAttribute(spark, stages.centres!, 'summary', 'trainingCost'))
  const windows = windowsOf(texts)
  const points = new SparsePoints(weigh(windows, rarityOf(windows, classic.dimensions), 'classic'))
  const { inertia } = kmeans(points, { k: 5, starts: 4, chance: chanceFrom(42) })
  assert.ok(Math.abs(cost / inertia - 1) <= 0.02, `${cost} and ${inertia}`)
})

const clusterOf = async (model: Awaited<ReturnType<ReturnType<typeof sparkClustering>['load']>>, texts: string[]) => {
  const rows = model.assign(await rowsOf(texts))
  const found = await collect(spark, sort(rows, ascending('seq')))
  return found.map(({ cluster, model }) => [cluster, model])
}

test('a model finds what is alike, tells of it, is saved, and is the same in another session', { skip }, async () => {
  await using dir = await tempDir()
  const { texts, topics, story } = stories(300)
  const path = `file:${dir.path}/1`
  const options = { id: 1, k: 5, seed: 42, rows: 300, path }
  const { model, clusters } = await sparkClustering(spark).fit(await rowsOf(texts, story), options)
  const found = await clusterOf(model, [...texts, '', ' \n'])
  assert.deepEqual(found.at(-2), [null, null])
  assert.equal(found.at(-1)![1], 1)
  const byTopic = Map.groupBy(topics.keys(), at => topics[at])
  const groups = [...byTopic.values()].map(members => new Set(members.map(at => found[at][0])).size)
  assert.deepEqual(groups, [1, 1, 1, 1, 1])
  assert.deepEqual(
    clusters.map(({ cluster, change, size, share }) => [cluster, change, size, share]),
    [0, 1, 2, 3, 4].map(cluster => [cluster, 'born', 60, 0.2]),
  )
  for (const { label, terms, nearest, model } of clusters) {
    assert.ok(label !== '' && terms.length > 0 && model === 1)
    assert.match(nearest[0].destination_uri, /^\/\d\.md$/)
    assert.match(nearest[0].response_id!, /^r\d$/)
    assert.equal(nearest[0].excerpt, texts[nearest[0].seq!])
  }

  await using other = await openSpark(sparkAddress, { settings: quick })
  const loaded = await sparkClustering(other).load(path)
  const rows = await collect(
    other,
    loaded.assign(await localRows(other, [{ name: 'chunk', type: 'string', values: texts }])),
  )
  assert.deepEqual(
    rows.map(({ cluster, model }) => [cluster, model]),
    found.slice(0, 300),
  )
})

test('a refit goes on from the model before: what is still there keeps number and label', { skip }, async () => {
  await using dir = await tempDir()
  const clustering = sparkClustering(spark)
  const [early, late] = [stories(240), stories(480)]
  const fit = async (of: typeof early, id: number, before?: Awaited<ReturnType<typeof clustering.load>>) =>
    clustering.fit(await rowsOf(of.texts, of.story), {
      id,
      k: 5,
      seed: 42,
      rows: of.texts.length,
      path: `file:${dir.path}/${id}`,
      ...(before !== undefined && { before }),
    })
  const first = await fit(early, 1)
  const second = await fit(late, 2, await clustering.load(`file:${dir.path}/1`))
  assert.deepEqual(
    second.clusters.map(({ cluster, change, label }) => [cluster, change, label]),
    first.clusters.map(({ cluster, label }) => [cluster, 'kept', label]),
  )
  const of = async ({ model }: typeof first) => (await clusterOf(model, early.texts)).map(([cluster]) => cluster)
  assert.deepEqual(await of(second), await of(first))
})

test('fields of a record that are called like columns of Spark’s are left alone', { skip }, async () => {
  await using dir = await tempDir()
  const { texts, story } = stories(50)
  const rows = project(await rowsOf(texts, story), [
    'chunk',
    'destination_uri',
    'response_id',
    'seq',
    ...['words', 'features', 'prediction', 'rawFeatures'].map(name => as(call('upper', 'response_id'), name)),
  ])
  const options = { id: 1, k: 2, seed: 42, rows: 50, path: `file:${dir.path}/1` }
  const { model } = await sparkClustering(spark).fit(rows, options)
  const [row] = await collect(spark, model.assign(rows))
  assert.deepEqual(
    [row.words, row.features, row.prediction, Object.keys(row).slice(-2)],
    ['R0', 'R0', 'R0', ['cluster', 'model']],
  )
})

test('where there is no model, or half of one, is an error of code "cluster/model"', { skip }, async () => {
  await using dir = await tempDir()
  const load = sparkClustering(spark).load(`file:${dir.path}/none`)
  await assert.rejects(load, { code: 'cluster/model', message: /none": there is none/ })
})
