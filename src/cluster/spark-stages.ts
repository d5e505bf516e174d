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

/** Spark's own k-means ends where its one start leads to; as many as the embedded engine has, and the cheapest wins. */
const starts = 4

const fitRarity = (spark: SparkSession, rows: Relation): Promise<Model> =>
  fit(
    spark,
    { name: rarityName, parameters: { inputCol: lit.string(made.counts), outputCol: lit.string(made.features) } },
    rows,
  )

interface Start {
  readonly model: Model
  readonly cost: number
}

/** From rows drawn at random: on vectors of so many dimensions that ends better than Spark's k-means||, and sooner. */
const fitCentres = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Start> => {
  const parameters = {
    k: lit.int(k),
    seed: lit.bigint(BigInt(seed)),
    initMode: lit.string('random'),
    featuresCol: lit.string(made.features),
    predictionCol: lit.string(made.centre),
  }
  const model = await fit(spark, { name: centresName, parameters }, rows)
  return { model, cost: Number(await fetchAttribute(spark, model, 'summary', 'trainingCost')) }
}

const cheapest = (all: readonly Start[]): Start => all.reduce((best, one) => (one.cost < best.cost ? one : best))

const bestCentres = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Model> => {
  const seeds = Array.from({ length: starts }, (_, at) => seed + at)
  const all = await Promise.all(seeds.map(one => fitCentres(spark, rows, k, one)))
  const { model } = cheapest(all)
  await deleteModels(spark, ...all.map(one => one.model).filter(other => other !== model))
  return model
}

/** Fits to rows with `made.counts`: the rarity of terms, then k-means. The same rows in the same order give the same. */
export const fitStages = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Found> => {
  const rarity = await fitRarity(spark, rows)
  const centres = await bestCentres(spark, predict(rows, rarity), k, seed)
  const [weights, matrix] = await Promise.all([
    fetchAttribute(spark, rarity, 'idf'),
    fetchAttribute(spark, centres, 'clusterCenterMatrix'),
  ])
  return { stages: { rarity, centres }, rarity: vectorOf(weights), centres: matrixOf(matrix) }
}

const pathsOf = (folder: string) => ({ rarity: `${folder}/idf`, centres: `${folder}/kmeans` })

export const saveStages = async (spark: SparkSession, stages: Stages, folder: string): Promise<void> => {
  const paths = pathsOf(folder)
  await Promise.all([
    saveModel(spark, stages.rarity, paths.rarity, { overwrite: true }),
    saveModel(spark, stages.centres, paths.centres, { overwrite: true }),
  ])
}

export const loadStages = async (spark: SparkSession, folder: string): Promise<Stages> => {
  const paths = pathsOf(folder)
  const [rarity, centres] = await Promise.all([
    loadModel(spark, `${rarityName}Model`, paths.rarity),
    loadModel(spark, `${centresName}Model`, paths.centres),
  ])
  return { rarity, centres }
}

export const forgetStages = (spark: SparkSession, stages: Stages): Promise<void> =>
  deleteModels(spark, stages.rarity, stages.centres)
