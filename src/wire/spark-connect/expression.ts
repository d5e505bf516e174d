import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  CastMode,
  type Expression,
  ExpressionSchema,
  type Literal,
  NullOrdering,
  SortDirection,
  type SortOrder,
  SortOrderSchema,
} from './proto.ts'
import { dataTypeOf, quoted, type SparkType } from './type.ts'

/** What stands where an expression is wanted: a text is the name of a column, exactly as it is. */
export type Term = string | Expression | Literal

type Init = NonNullable<MessageInitShape<typeof ExpressionSchema>['exprType']>

const expression = (exprType: Init): Expression => Object.freeze(create(ExpressionSchema, { exprType }))

/** A column by its name, or a member of it: `column('j', 'agent_id')`. Dots and quotes in a name are part of it. */
export const column = (...path: readonly string[]): Expression =>
  expression({ case: 'unresolvedAttribute', value: { unparsedIdentifier: path.map(quoted).join('.') } })

const isLiteral = (term: Expression | Literal): term is Literal => term.$typeName === 'spark.connect.Expression.Literal'

export const expressionOf = (term: Term): Expression => {
  if (typeof term === 'string') return column(term)
  return isLiteral(term) ? expression({ case: 'literal', value: term }) : term
}

/** All columns, or all members of a struct. */
export const star = (...path: readonly string[]): Expression => {
  const target = path.length === 0 ? {} : { unparsedTarget: `${path.map(quoted).join('.')}.*` }
  return expression({ case: 'unresolvedStar', value: target })
}

/** A function or an operator of Spark by its name: `call('count', star())`, `call('<', 'seq', lit.bigint(7n))`. */
export const call = (name: string, ...terms: readonly Term[]): Expression =>
  expression({ case: 'unresolvedFunction', value: { functionName: name, arguments: terms.map(expressionOf) } })

/** As `call`, over distinct values only. */
export const callDistinct = (name: string, ...terms: readonly Term[]): Expression =>
  expression({
    case: 'unresolvedFunction',
    value: { functionName: name, arguments: terms.map(expressionOf), isDistinct: true },
  })

/** The same under a name. */
export const as = (term: Term, name: string): Expression =>
  expression({ case: 'alias', value: { expr: expressionOf(term), name: [name] } })

const castAs = (term: Term, type: SparkType, evalMode: CastMode): Expression => {
  const castToType = { case: 'type' as const, value: dataTypeOf(type) }
  return expression({ case: 'cast', value: { expr: expressionOf(term), castToType, evalMode } })
}

/** Fails where a value does not fit, whatever the session's settings. */
export const cast = (term: Term, type: SparkType): Expression => castAs(term, type, CastMode.ANSI)

/** Null where a value does not fit. */
export const tryCast = (term: Term, type: SparkType): Expression => castAs(term, type, CastMode.TRY)

/** An expression in SQL. Of our own words only: what comes from elsewhere is a `lit`, and stands beside it. */
export const sqlExpression = (text: string): Expression =>
  expression({ case: 'expressionString', value: { expression: text } })

const order = (term: Term, direction: SortDirection, nullOrdering: NullOrdering): SortOrder =>
  Object.freeze(create(SortOrderSchema, { child: expressionOf(term), direction, nullOrdering }))

/** Nulls first, as in Spark's SQL. */
export const ascending = (term: Term): SortOrder => order(term, SortDirection.ASCENDING, NullOrdering.SORT_NULLS_FIRST)
/** Nulls last, as in Spark's SQL. */
export const descending = (term: Term): SortOrder => order(term, SortDirection.DESCENDING, NullOrdering.SORT_NULLS_LAST)
