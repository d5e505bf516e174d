import { lit, type Model, predict, type Relation, transform, withColumns } from '../wire/spark-connect/spark.ts'
import { classic } from './classic.ts'

const feature = 'org.apache.spark.ml.feature'

/** Columns on the way to a cluster. No field of a record can be called so: those of a schema file begin with a letter. */
export const made = { words: '_words', counts: '_counts', features: '_features', centre: '_centre' } as const

const words = {
  name: `${feature}.Tokenizer`,
  parameters: { inputCol: lit.string('chunk'), outputCol: lit.string(made.words) },
}

const counts = {
  name: `${feature}.HashingTF`,
  parameters: {
    inputCol: lit.string(made.words),
    outputCol: lit.string(made.counts),
    numFeatures: lit.int(classic.dimensions),
  },
}

/** How often each term occurs in the column `chunk`, as `made.counts`. */
export const counted = (rows: Relation): Relation => transform(transform(rows, words), counts)

/** Spark's own models, known to the session that fitted or loaded them. */
export interface Stages {
  readonly rarity: Model
  /** None if all rows are one group, which Spark's k-means cannot be. */
  readonly centres?: Model
}

/** Counts are weighed by the rarity of their terms, as `made.features`, and these get the number of the nearest centre, `made.centre`. */
export const centred = (rows: Relation, { rarity, centres }: Stages): Relation => {
  const weighed = predict(rows, rarity)
  return centres === undefined ? withColumns(weighed, { [made.centre]: lit.int(0) }) : predict(weighed, centres)
}
