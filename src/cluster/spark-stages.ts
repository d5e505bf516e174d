import { reasonOf } from '../std/error.ts'
import {
  deleteModels,
  fetchAttribute,
  fit,
  lit,
  loadModel,
  type Model,
  matrixOf,
  predict,
  type Relation,
  type SparkSession,
  saveModel,
  vectorOf,
} from '../wire/spark-connect/spark.ts'
import { made, type Stages } from './spark-features.ts'

const rarityName = 'org.apache.spark.ml.feature.IDF'
const centresName = 'org.apache.spark.ml.clustering.KMeans'

/** What Spark found, as numbers. */
export interface Found {
  readonly stages: Stages
  /** By term: its inverse document frequency. */
  readonly rarity: Float64Array
  readonly centres: readonly Float64Array[]
}

/** One start ends wherever it leads to; the cheapest wins. */
const starts = 3
/** Spark takes 2, which on vectors of so many dimensions misses groups of rows now and then. */
const initSteps = 5

/** To rows with `made.counts`. */
export const fitRarity = (spark: SparkSession, rows: Relation): Promise<Model> =>
  fit(
    spark,
    { name: rarityName, parameters: { inputCol: lit.string(made.counts), outputCol: lit.string(made.features) } },
    rows,
  )

interface Start {
  readonly model: Model
  readonly cost: number
}

const fitOnce = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Start> => {
  const parameters = {
    k: lit.int(k),
    seed: lit.bigint(BigInt(seed)),
    initSteps: lit.int(initSteps),
    featuresCol: lit.string(made.features),
    predictionCol: lit.string(made.centre),
  }
  const model = await fit(spark, { name: centresName, parameters }, rows)
  return { model, cost: Number(await fetchAttribute(spark, model, 'summary', 'trainingCost')) }
}

const cheapest = (all: readonly Start[]): Start => all.reduce((best, one) => (one.cost < best.cost ? one : best))

const fitBest = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Model> => {
  const seeds = Array.from({ length: starts }, (_, at) => seed + at)
  const all = await Promise.all(seeds.map(one => fitOnce(spark, rows, k, one)))
  const { model } = cheapest(all)
  await deleteModels(spark, ...all.map(one => one.model).filter(other => other !== model))
  return model
}

/** Spark's k-means has no other word for it. */
const hasTooFew = (thrown: unknown) => /ArrayIndexOutOfBoundsException/.test(reasonOf(thrown))

/** As many groups as there can be: where rows have fewer than `k` different features, Spark breaks. One is none. */
const fitCentres = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Model | undefined> => {
  for (let groups = k; groups > 1; groups--) {
    try {
      return await fitBest(spark, rows, groups, seed)
    } catch (thrown) {
      if (!hasTooFew(thrown)) throw thrown
    }
  }
  return undefined
}

/** Fits to rows with `made.counts`: the rarity of terms, then k-means. The same rows in the same order give the same. */
export const fitStages = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Found> => {
  const rarity = await fitRarity(spark, rows)
  const centres = await fitCentres(spark, predict(rows, rarity), k, seed)
  const weights = vectorOf(await fetchAttribute(spark, rarity, 'idf'))
  if (centres === undefined) return { stages: { rarity }, rarity: weights, centres: [new Float64Array(weights.length)] }
  const matrix = await fetchAttribute(spark, centres, 'clusterCenterMatrix')
  return { stages: { rarity, centres }, rarity: weights, centres: matrixOf(matrix) }
}

const pathsOf = (folder: string) => ({ rarity: `${folder}/idf`, centres: `${folder}/kmeans` })

export const saveStages = async (spark: SparkSession, { rarity, centres }: Stages, folder: string): Promise<void> => {
  const paths = pathsOf(folder)
  await saveModel(spark, rarity, paths.rarity, { overwrite: true })
  if (centres !== undefined) await saveModel(spark, centres, paths.centres, { overwrite: true })
}

export const loadStages = async (spark: SparkSession, folder: string, hasCentres: boolean): Promise<Stages> => {
  const paths = pathsOf(folder)
  const rarity = await loadModel(spark, `${rarityName}Model`, paths.rarity)
  return hasCentres ? { rarity, centres: await loadModel(spark, `${centresName}Model`, paths.centres) } : { rarity }
}

export const forgetStages = (spark: SparkSession, { rarity, centres }: Stages): Promise<void> =>
  deleteModels(spark, rarity, ...(centres === undefined ? [] : [centres]))
