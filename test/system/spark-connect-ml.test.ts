import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, quick, type Session, sharedSession, sparkSkip as skip, sparkAddress } from '../spark.ts'
import { tempDir } from './textstream.ts'

const {
  collect,
  deleteModels,
  fetchAttribute,
  fit,
  lit,
  loadModel,
  localRows,
  matrixOf,
  modelBytes,
  openSpark,
  predict,
  project,
  saveModel,
  transform,
  vectorOf,
} = client

const feature = 'org.apache.spark.ml.feature'
const clustering = 'org.apache.spark.ml.clustering'
const texts = ['the cat sat', 'the dog ran far', 'a cat and a dog', 'x y z']

const spark = await sharedSession()

const counted = async (session: Session) => {
  const rows = await localRows(session, [{ name: 'chunk', type: 'string', values: texts }])
  const words = { inputCol: lit.string('chunk'), outputCol: lit.string('words') }
  const hashes = { inputCol: lit.string('words'), outputCol: lit.string('tf'), numFeatures: lit.int(16) }
  const tokenized = transform(rows, { name: `${feature}.Tokenizer`, parameters: words })
  return transform(tokenized, { name: `${feature}.HashingTF`, parameters: hashes })
}

const fitIdf = async () => {
  const parameters = { inputCol: lit.string('tf'), outputCol: lit.string('features') }
  return fit(spark, { name: `${feature}.IDF`, parameters }, await counted(spark))
}

const fitKMeans = async (idf: Awaited<ReturnType<typeof fitIdf>>) => {
  const parameters = { k: lit.int(2), seed: lit.bigint(42n), predictionCol: lit.string('cluster') }
  return fit(spark, { name: `${clustering}.KMeans`, parameters }, predict(await counted(spark), idf))
}

test('words are hashed, weighed by a fitted model, and come back as vectors', { skip }, async () => {
  const idf = await fitIdf()
  const rows = await collect(spark, project(predict(await counted(spark), idf), ['words', 'tf', 'features']))
  const [weights, frequencies] = [
    vectorOf(await fetchAttribute(spark, idf, 'idf')),
    (await fetchAttribute(spark, idf, 'docFreq')) as readonly bigint[],
  ]
  assert.equal(await fetchAttribute(spark, idf, 'numDocs'), 4n)
  frequencies.forEach((of, at) => {
    assert.ok(Math.abs(weights[at] - Math.log((4 + 1) / (Number(of) + 1))) < 1e-12)
  })
  assert.deepEqual(rows[0].words, ['the', 'cat', 'sat'])
  const [tf, features] = [vectorOf(rows[0].tf), vectorOf(rows[0].features)]
  assert.equal(tf.length, 16)
  tf.forEach((count, at) => {
    assert.ok(Math.abs(features[at] - count * weights[at]) < 1e-12)
  })
  await deleteModels(spark, idf)
})

test('a clustering is fitted, tells of itself, is saved, and is the same in another session', { skip }, async () => {
  await using dir = await tempDir()
  const idf = await fitIdf()
  const kmeans = await fitKMeans(idf)
  const centres = matrixOf(await fetchAttribute(spark, kmeans, 'clusterCenterMatrix'))
  assert.deepEqual(
    centres.map(({ length }) => length),
    [16, 16],
  )
  assert.equal(typeof (await fetchAttribute(spark, kmeans, 'summary', 'trainingCost')), 'number')
  assert.deepEqual(
    ((await fetchAttribute(spark, kmeans, 'summary', 'clusterSizes')) as readonly bigint[]).reduce((a, b) => a + b),
    4n,
  )
  assert.ok((await modelBytes(spark, kmeans)) > 100)

  await saveModel(spark, idf, `${dir.path}/idf`)
  await saveModel(spark, kmeans, `${dir.path}/kmeans`)
  await assert.rejects(saveModel(spark, kmeans, `${dir.path}/kmeans`), {
    code: 'spark/failed',
    message: /already exists/,
  })
  await saveModel(spark, kmeans, `${dir.path}/kmeans`, { overwrite: true })

  await using other = await openSpark(sparkAddress, { settings: quick })
  const loadedIdf = await loadModel(other, `${feature}.IDFModel`, `${dir.path}/idf`)
  const loaded = await loadModel(other, `${clustering}.KMeansModel`, `${dir.path}/kmeans`)
  const clusters = async (session: Session, weighed: typeof idf, model: typeof kmeans) =>
    collect(session, project(predict(predict(await counted(session), weighed), model), ['chunk', 'cluster']))
  assert.deepEqual(await clusters(other, loadedIdf, loaded), await clusters(spark, idf, kmeans))
  assert.deepEqual(matrixOf(await fetchAttribute(other, loaded, 'clusterCenterMatrix')), centres)
  await deleteModels(spark, idf, kmeans)
})

test('a model’s parameters can be others when it predicts', { skip }, async () => {
  const idf = await fitIdf()
  const other = predict(await counted(spark), idf, { outputCol: lit.string('weighed') })
  assert.deepEqual(Object.keys((await collect(spark, other))[0]), ['chunk', 'words', 'tf', 'weighed'])
  await deleteModels(spark, idf)
})

test('a model that was deleted is gone; to delete it again is no error', { skip }, async () => {
  const idf = await fitIdf()
  await deleteModels(spark, idf)
  await deleteModels(spark, idf)
  await deleteModels(spark)
  await assert.rejects(fetchAttribute(spark, idf, 'idf'), {
    code: 'spark/failed',
    errorClass: 'CONNECT_ML.CACHE_INVALID',
  })
})

test('what Spark refuses of a model is told with its own words', { skip }, async () => {
  const idf = await fitIdf()
  await assert.rejects(fetchAttribute(spark, idf, 'nothing'), { errorClass: 'CONNECT_ML.ATTRIBUTE_NOT_ALLOWED' })
  await assert.rejects(fit(spark, { name: 'org.example.Nothing' }, await counted(spark)), { code: 'spark/failed' })
  const wrong = { inputCol: lit.int(1) }
  await assert.rejects(fit(spark, { name: `${feature}.IDF`, parameters: wrong }, await counted(spark)), {
    code: 'spark/failed',
  })
  await deleteModels(spark, idf)
})

test('what is no vector or matrix is refused', { skip }, () => {
  for (const value of [null, 1, [], { type: 1 }]) {
    assert.throws(() => vectorOf(value), { code: 'spark/usage' })
    assert.throws(() => matrixOf(value), { code: 'spark/usage' })
  }
})

test('dense and sparse, turned or not, matrices are the same rows', { skip }, () => {
  const rows = [new Float64Array([1, 0, 2]), new Float64Array([0, 3, 0])]
  const forms = [
    [1, 2, 3, [], [], [1, 0, 0, 3, 2, 0], false],
    [1, 2, 3, [], [], [1, 0, 2, 0, 3, 0], true],
    [0, 2, 3, [0, 1, 2, 3], [0, 1, 0], [1, 3, 2], false],
    [0, 2, 3, [0, 2, 3], [0, 2, 1], [1, 2, 3], true],
  ]
  for (const form of forms) assert.deepEqual(matrixOf(form), rows)
})
