import { StreamError } from '../std/error.ts'
import { arrayOf, as, call, collect, localRows, project, type SparkSession } from '../wire/spark-connect/spark.ts'
import type { Clustering, FitOptions, Fitted, SampledWindow } from './cluster.ts'
import { loadModel } from './model.ts'
import { centred, made } from './spark-features.ts'
import { nameCentres } from './spark-identity.ts'
import { fitStages, forgetStages } from './spark-stages.ts'

/** Of windows that are sent to Spark together. */
const windowsMax = 4096

const denseOf = ({ index, count }: SampledWindow, dimensions: number): number[] => {
  const dense: number[] = Array(dimensions).fill(0)
  for (let i = 0; i < index.length; i++) dense[index[i]] = count[i]
  return dense
}

const countedRows = async (spark: SparkSession, sample: readonly SampledWindow[], dimensions: number) => {
  const rows = await localRows(spark, [
    { name: 'place', type: 'int', values: Int32Array.from(sample.keys()) },
    { name: 'dense', type: arrayOf('double'), values: sample.map(window => denseOf(window, dimensions)) },
  ])
  return project(rows, ['place', as(call('array_to_vector', 'dense'), made.counts)])
}

const refuseOther = (sample: readonly SampledWindow[], { recipe }: FitOptions) => {
  if (recipe.name !== 'classic')
    throw new StreamError('cluster/usage', `Spark fits the recipe "classic" only, not "${recipe.name}"`)
  if (sample.length > windowsMax)
    throw new StreamError('cluster/usage', `${sample.length} windows are more than the ${windowsMax} of a sample`)
}

const fit = async (spark: SparkSession, sample: readonly SampledWindow[], options: FitOptions): Promise<Fitted> => {
  refuseOther(sample, options)
  const { recipe, k, seed, windows, before } = options
  const rows = await countedRows(spark, sample, recipe.dimensions)
  const found = await fitStages(spark, rows, k, seed)
  const centres = await collect(spark, project(centred(rows, found.stages), ['place', made.centre]))
  await forgetStages(spark, found.stages)
  const centreOf = new Map(centres.map(row => [row.place, Number(row[made.centre])]))
  const sampled = sample.map((window, at) => ({ window, centre: centreOf.get(at)!, digest: 0n }))
  return nameCentres({ ...found, sample: sampled }, { id: (before?.id ?? 0) + 1, seed, windows, before })
}

/** The port of this room on Spark: fits windows that we have, and assigns others here, with what was found. */
export const sparkWindows = (spark: SparkSession): Clustering => ({
  fit: (sample, options) => fit(spark, sample, options),
  load: loadModel,
})
