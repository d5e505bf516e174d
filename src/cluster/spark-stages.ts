import {
  deleteModels,
  fetchAttribute,
  fit,
  lit,
  loadModel,
  matrixOf,
  predict,
  type Relation,
  type SparkSession,
  saveModel,
  vectorOf,
} from '../wire/spark-connect/spark.ts'
import { made, type Stages } from './spark-features.ts'

const rarity = 'org.apache.spark.ml.feature.IDF'
const centres = 'org.apache.spark.ml.clustering.KMeans'

/** What Spark found, as numbers. */
export interface Found {
  readonly stages: Stages
  /** By term: its inverse document frequency. */
  readonly rarity: Float64Array
  readonly centres: readonly Float64Array[]
}

/** Fits to rows with `made.counts`, as the old consumer does: IDF, then k-means with Spark's own settings. */
export const fitStages = async (spark: SparkSession, rows: Relation, k: number, seed: number): Promise<Found> => {
  const weighing = { inputCol: lit.string(made.counts), outputCol: lit.string(made.features) }
  const rarityModel = await fit(spark, { name: rarity, parameters: weighing }, rows)
  const grouping = {
    k: lit.int(k),
    seed: lit.bigint(BigInt(seed)),
    featuresCol: lit.string(made.features),
    predictionCol: lit.string(made.centre),
  }
  const centresModel = await fit(spark, { name: centres, parameters: grouping }, predict(rows, rarityModel))
  const [weights, matrix] = await Promise.all([
    fetchAttribute(spark, rarityModel, 'idf'),
    fetchAttribute(spark, centresModel, 'clusterCenterMatrix'),
  ])
  return {
    stages: { rarity: rarityModel, centres: centresModel },
    rarity: vectorOf(weights),
    centres: matrixOf(matrix),
  }
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
  const [rarityModel, centresModel] = await Promise.all([
    loadModel(spark, `${rarity}Model`, paths.rarity),
    loadModel(spark, `${centres}Model`, paths.centres),
  ])
  return { rarity: rarityModel, centres: centresModel }
}

export const forgetStages = (spark: SparkSession, stages: Stages): Promise<void> =>
  deleteModels(spark, stages.rarity, stages.centres)
