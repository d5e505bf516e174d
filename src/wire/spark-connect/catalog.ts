import { collect } from './query.ts'
import { relation } from './relation.ts'
import type { SparkSession } from './session.ts'
import { quoted } from './type.ts'
import type { Row } from './value.ts'

/** Names are given below their namespaces: `['logs', 'chunks']`. */
type Path = readonly string[]

const nameOf = (path: Path): string => path.map(quoted).join('.')

/** A table or a view, also a temporary one. */
export const tableExists = async (spark: SparkSession, path: Path): Promise<boolean> => {
  const catType = { case: 'tableExists' as const, value: { tableName: nameOf(path) } }
  const [row] = await collect(spark, relation({ case: 'catalog', value: { catType } }))
  return Object.values(row)[0] === true
}

export interface TableEntry {
  readonly name: string
  readonly namespace: Path
  /** `MANAGED`, `EXTERNAL`, `VIEW` or `TEMPORARY`. */
  readonly kind: string
  readonly isTemporary: boolean
}

const entryOf = ({ name, namespace, tableType, isTemporary }: Row): TableEntry => ({
  name: String(name),
  namespace: (namespace as Path | null) ?? [],
  kind: String(tableType),
  isTemporary: isTemporary === true,
})

/** Tables and views of a database, by default of the session's own, and the temporary ones. */
export const listTables = async (spark: SparkSession, database?: string): Promise<TableEntry[]> => {
  const value = database === undefined ? {} : { dbName: quoted(database) }
  const catType = { case: 'listTables' as const, value }
  return (await collect(spark, relation({ case: 'catalog', value: { catType } }))).map(entryOf)
}

export interface TableColumn {
  readonly name: string
  /** As SQL writes it. */
  readonly type: string
  readonly nullable: boolean
  readonly isPartition: boolean
}

const columnOf = ({ name, dataType, nullable, isPartition }: Row): TableColumn => ({
  name: String(name),
  type: String(dataType),
  nullable: nullable === true,
  isPartition: isPartition === true,
})

/** In the order of the table. Throws `spark/sql` if there is no such table. */
export const listColumns = async (spark: SparkSession, path: Path): Promise<TableColumn[]> => {
  const catType = { case: 'listColumns' as const, value: { tableName: nameOf(path) } }
  return (await collect(spark, relation({ case: 'catalog', value: { catType } }))).map(columnOf)
}

/** The server looks again which files a table has. */
export const refreshTable = async (spark: SparkSession, path: Path): Promise<void> => {
  const catType = { case: 'refreshTable' as const, value: { tableName: nameOf(path) } }
  await collect(spark, relation({ case: 'catalog', value: { catType } }))
}

/** The server looks again at all that lies below a path. */
export const refreshPath = async (spark: SparkSession, path: string): Promise<void> => {
  const catType = { case: 'refreshByPath' as const, value: { path } }
  await collect(spark, relation({ case: 'catalog', value: { catType } }))
}

/** False if there is none. */
export const dropTemporaryView = async (spark: SparkSession, viewName: string): Promise<boolean> => {
  const catType = { case: 'dropTempView' as const, value: { viewName } }
  const [row] = await collect(spark, relation({ case: 'catalog', value: { catType } }))
  return Object.values(row)[0] === true
}
