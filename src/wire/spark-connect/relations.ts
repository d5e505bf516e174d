import { expressionOf, type Term } from './expression.ts'
import { GroupType, JoinType, type Relation, SetOpType, type SortOrder } from './proto.ts'
import { relation } from './relation.ts'

export const project = (input: Relation, terms: readonly Term[]): Relation =>
  relation({ case: 'project', value: { input, expressions: terms.map(expressionOf) } })

export const filter = (input: Relation, condition: Term): Relation =>
  relation({ case: 'filter', value: { input, condition: expressionOf(condition) } })

/** Adds columns, or puts others in place of those of the same name. */
export const withColumns = (input: Relation, terms: Readonly<Record<string, Term>>): Relation => {
  const aliases = Object.entries(terms).map(([name, term]) => ({ name: [name], expr: expressionOf(term) }))
  return relation({ case: 'withColumns', value: { input, aliases } })
}

/** A name that is not there is none to drop. */
export const drop = (input: Relation, ...names: readonly string[]): Relation =>
  relation({ case: 'drop', value: { input, columnNames: [...names] } })

/** The same under a name, by which its columns are told from others': `column('left', 'id')`. */
export const aliased = (input: Relation, alias: string): Relation =>
  relation({ case: 'subqueryAlias', value: { input, alias } })

const joinTypes = {
  inner: JoinType.INNER,
  left: JoinType.LEFT_OUTER,
  right: JoinType.RIGHT_OUTER,
  full: JoinType.FULL_OUTER,
  semi: JoinType.LEFT_SEMI,
  anti: JoinType.LEFT_ANTI,
  cross: JoinType.CROSS,
} as const

/** By a condition, or by columns that both have and the result has once. */
export type JoinOn = { readonly on: Term } | { readonly using: readonly string[] }

export const join = (
  left: Relation,
  right: Relation,
  kind: Exclude<keyof typeof joinTypes, 'cross'>,
  how: JoinOn,
): Relation => {
  const on = 'on' in how ? { joinCondition: expressionOf(how.on) } : { usingColumns: [...how.using] }
  return relation({ case: 'join', value: { left, right, joinType: joinTypes[kind], ...on } })
}

/** Each row with each. */
export const crossJoin = (left: Relation, right: Relation): Relation =>
  relation({ case: 'join', value: { left, right, joinType: joinTypes.cross } })

/** All rows of both, by position; repeats stay. */
export const union = (left: Relation, right: Relation): Relation => {
  const value = { leftInput: left, rightInput: right, setOpType: SetOpType.UNION, isAll: true }
  return relation({ case: 'setOp', value })
}

/** All rows of both, by the names of the columns; what only one has is null in the other's rows. */
export const unionByName = (left: Relation, right: Relation): Relation => {
  const byName = { isAll: true, byName: true, allowMissingColumns: true }
  return relation({
    case: 'setOp',
    value: { leftInput: left, rightInput: right, setOpType: SetOpType.UNION, ...byName },
  })
}

/** Without repeats; of rows that are alike in these columns any one stays, if columns are named. */
export const distinct = (input: Relation, ...names: readonly string[]): Relation =>
  relation({ case: 'deduplicate', value: { input, columnNames: [...names], allColumnsAsKeys: names.length === 0 } })

/** At most so many rows, any. */
export const limit = (input: Relation, rows: number): Relation =>
  relation({ case: 'limit', value: { input, limit: rows } })

/** Over all rows; `sortWithin` over those of each partition. */
export const sort = (input: Relation, ...order: readonly SortOrder[]): Relation =>
  relation({ case: 'sort', value: { input, order: [...order], isGlobal: true } })

export const sortWithin = (input: Relation, ...order: readonly SortOrder[]): Relation =>
  relation({ case: 'sort', value: { input, order: [...order], isGlobal: false } })

export interface Grouping {
  /** Absent: all rows are one group. */
  readonly by?: readonly Term[]
  readonly of: readonly Term[]
}

/** One row for each group: the terms that it is grouped by, then the others. */
export const aggregate = (input: Relation, { by = [], of }: Grouping): Relation => {
  const expressions = { groupingExpressions: by.map(expressionOf), aggregateExpressions: of.map(expressionOf) }
  return relation({ case: 'aggregate', value: { input, groupType: GroupType.GROUPBY, ...expressions } })
}

/** In so many partitions, evenly; each is written as a file. */
export const repartition = (input: Relation, numPartitions: number): Relation =>
  relation({ case: 'repartition', value: { input, numPartitions, shuffle: true } })

/** In at most so many partitions, put together where they are. */
export const coalesce = (input: Relation, numPartitions: number): Relation =>
  relation({ case: 'repartition', value: { input, numPartitions, shuffle: false } })

/** Rows that are alike in these terms in one partition. */
export const repartitionBy = (input: Relation, terms: readonly Term[], numPartitions?: number): Relation => {
  const partitionExprs = terms.map(expressionOf)
  const partitions = numPartitions === undefined ? {} : { numPartitions }
  return relation({ case: 'repartitionByExpression', value: { input, partitionExprs, ...partitions } })
}
