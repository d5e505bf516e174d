import { randomUUID } from 'node:crypto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { StreamError } from '../../std/error.ts'
import type { ExecuteOptions } from './execution.ts'
import { plainOf } from './literal-value.ts'
import { type Literal, type MlCommandResult, type MlCommandSchema, OperatorType, type Relation } from './proto.ts'
import { relation } from './relation.ts'
import type { SparkSession } from './session.ts'
import type { Value } from './value.ts'

/** By their names in Spark: `{ k: lit.int(5), seed: lit.bigint(42n) }`. The types must be those of Spark. */
export type MlParameters = Readonly<Record<string, Literal>>

/** Something of Spark ML by the name of its class, such as `org.apache.spark.ml.feature.HashingTF`. */
export interface Stage {
  readonly name: string
  readonly parameters?: MlParameters
}

/** A model in the memory of the server, known to the session that fitted or loaded it, and gone with that. */
export interface Model {
  readonly id: string
  /** What Spark had to say about the fit. */
  readonly warning?: string
}

const uidOf = (name: string) => `${name.slice(name.lastIndexOf('.') + 1)}_${randomUUID().slice(-12)}`

const operatorOf = (name: string, type: OperatorType) => ({ name, uid: uidOf(name), type })

/** What a stage that needs no fitting makes of a relation: adds its output columns. */
export const transform = (input: Relation, { name, parameters = {} }: Stage): Relation => {
  // The same plan should be the same bytes: nothing refers to this uid.
  const transformer = { name, uid: name.slice(name.lastIndexOf('.') + 1), type: OperatorType.TRANSFORMER }
  const operator = { case: 'transformer' as const, value: transformer }
  const value = { operator, input, params: { params: { ...parameters } } }
  return relation({ case: 'mlRelation', value: { mlType: { case: 'transform', value } } })
}

/** What a model makes of a relation: adds its output columns. `parameters` stand in for those of the fit. */
export const predict = (input: Relation, { id }: Model, parameters: MlParameters = {}): Relation => {
  const operator = { case: 'objRef' as const, value: { id } }
  const value = { operator, input, params: { params: { ...parameters } } }
  return relation({ case: 'mlRelation', value: { mlType: { case: 'transform', value } } })
}

type Init = NonNullable<MessageInitShape<typeof MlCommandSchema>['command']>

const ask = async (
  spark: SparkSession,
  command: Init,
  options?: ExecuteOptions,
): Promise<MlCommandResult['resultType']> => {
  const commandType = { case: 'mlCommand' as const, value: { command } }
  let result: MlCommandResult['resultType'] = { case: undefined }
  for await (const { responseType } of spark.execute({ case: 'command', value: { commandType } }, options))
    if (responseType.case === 'mlCommandResult') result = responseType.value.resultType
  return result
}

const unlike = (what: string) => new StreamError('spark/failed', `Spark answered ${what} with something else`)

const modelOf = (result: MlCommandResult['resultType'], what: string): Model => {
  if (result.case !== 'operatorInfo' || result.value.type.case !== 'objRef') throw unlike(what)
  const { type, warningMessage: warning } = result.value
  return { id: type.value.id, ...(warning !== undefined && { warning }) }
}

/** Fits an estimator, such as `org.apache.spark.ml.clustering.KMeans`, to all rows of a relation. Not a `Pipeline`. */
export const fit = async (
  spark: SparkSession,
  { name, parameters = {} }: Stage,
  dataset: Relation,
  options?: ExecuteOptions,
): Promise<Model> => {
  const estimator = operatorOf(name, OperatorType.ESTIMATOR)
  const value = { estimator, params: { params: { ...parameters } }, dataset }
  return modelOf(await ask(spark, { case: 'fit', value }, options), `the fit of ${name}`)
}

/** An attribute of a model: `fetch(spark, model, 'idf')`, `fetch(spark, model, 'summary', 'trainingCost')`. */
export const fetchAttribute = async (
  spark: SparkSession,
  { id }: Model,
  ...path: readonly string[]
): Promise<Value> => {
  const methods = path.map(method => ({ method }))
  const result = await ask(spark, { case: 'fetch', value: { objRef: { id }, methods } })
  if (result.case !== 'param') throw unlike(`the question for ${path.join('.')}`)
  return plainOf(result.value)
}

/** Into a folder, from which any session can load it. Fails if it is there already, unless it may be overwritten. */
export const saveModel = async (
  spark: SparkSession,
  { id }: Model,
  path: string,
  { overwrite = false } = {},
): Promise<void> => {
  const type = { case: 'objRef' as const, value: { id } }
  await ask(spark, { case: 'write', value: { type, path, shouldOverwrite: overwrite } })
}

/** `name` is that of the model's class, such as `org.apache.spark.ml.clustering.KMeansModel`. */
export const loadModel = async (spark: SparkSession, name: string, path: string): Promise<Model> => {
  const operator = operatorOf(name, OperatorType.MODEL)
  return modelOf(await ask(spark, { case: 'read', value: { operator, path } }), `the loading of ${path}`)
}

/** The server forgets them. Those it does not know are none to forget. */
export const deleteModels = async (spark: SparkSession, ...models: readonly Model[]): Promise<void> => {
  const objRefs = models.map(({ id }) => ({ id }))
  if (objRefs.length > 0) await ask(spark, { case: 'delete', value: { objRefs } })
}

/** What a model takes of the server's memory. */
export const modelBytes = async (spark: SparkSession, { id }: Model): Promise<number> => {
  const result = await ask(spark, { case: 'getModelSize', value: { modelRef: { id } } })
  return result.case === 'param' ? Number(plainOf(result.value)) : 0
}
