/** Clustering by Spark's ML: the recipe `classic`, fitted once on a bounded sample and kept in files. */

import type { Relation, SparkSession } from '../wire/spark-connect/spark.ts'
import type { ClusterFacts } from './cluster.ts'

/** Known to one session; any other can load it from where it was saved. */
export interface SparkModel {
  /** 1, 2, 3 … */
  readonly id: number
  /** A relation with a column `chunk` → the same with `cluster` (int) and `model` (int) behind; both null where there is no text. */
  assign(rows: Relation): Relation
}

export interface SparkFitOptions {
  readonly id: number
  readonly k: number
  readonly seed: number
  /** Rows consumed so far; for the table `clusters`. */
  readonly rows: number
  /** URL of a folder that is made; what lies there of a fit that was killed is replaced. */
  readonly path: string
  readonly before?: SparkModel
}

/** The session is the one that it was opened with. */
export interface SparkClustering {
  /** `sample` has chunk, destination_uri, response_id, seq; at most `sampleRowsMax` rows, none without text; at least one. */
  fit(sample: Relation, options: SparkFitOptions): Promise<{ model: SparkModel; clusters: readonly ClusterFacts[] }>
  load(path: string): Promise<SparkModel>
}

export type OpenSparkClustering = (spark: SparkSession) => SparkClustering

export const sampleRowsMax = 20_000
