import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { AskOptions } from './channel.ts'
import {
  type AnalyzePlanRequestSchema,
  type AnalyzePlanResponse,
  ExplainMode,
  type Plan,
  PlanSchema,
  type Relation,
} from './proto.ts'
import type { SparkSession } from './session.ts'
import { type Field, fieldsOf } from './type.ts'

const planOf = (value: Relation): Plan => create(PlanSchema, { opType: { case: 'root', value } })

type Init = NonNullable<MessageInitShape<typeof AnalyzePlanRequestSchema>['analyze']>

const ask = async (
  spark: SparkSession,
  analyze: Init,
  options: AskOptions | undefined,
): Promise<AnalyzePlanResponse['result']> => {
  const answer: AnalyzePlanResponse = await spark.ask(
    (client, who, how) => client.analyzePlan({ ...who, analyze }, how),
    options,
  )
  return answer.result
}

/** The columns of a relation, without computing it. Throws what is wrong with it. */
export const describe = async (
  spark: SparkSession,
  relation: Relation,
  options?: AskOptions,
): Promise<readonly Field[]> => {
  const result = await ask(spark, { case: 'schema', value: { plan: planOf(relation) } }, options)
  return result.case === 'schema' ? fieldsOf(result.value.schema) : []
}

const modes = {
  /** The physical plan. */
  simple: ExplainMode.SIMPLE,
  /** And the logical ones before it. */
  extended: ExplainMode.EXTENDED,
  codegen: ExplainMode.CODEGEN,
  cost: ExplainMode.COST,
  formatted: ExplainMode.FORMATTED,
} as const

export type ExplainAs = keyof typeof modes

/** How Spark would compute it, for people. */
export const explain = async (
  spark: SparkSession,
  relation: Relation,
  mode: ExplainAs = 'simple',
  options?: AskOptions,
): Promise<string> => {
  const value = { plan: planOf(relation), explainMode: modes[mode] }
  const result = await ask(spark, { case: 'explain', value }, options)
  return result.case === 'explain' ? result.value.explainString : ''
}

/** Its columns as a tree, for people. */
export const treeOf = async (spark: SparkSession, relation: Relation, options?: AskOptions): Promise<string> => {
  const result = await ask(spark, { case: 'treeString', value: { plan: planOf(relation) } }, options)
  return result.case === 'treeString' ? result.value.treeString : ''
}
