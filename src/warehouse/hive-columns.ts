import type { HiveColumn } from './hive-table.ts'
import { type TableColumn, type TableName, tables } from './schema.ts'

/** Types of this room's tables, as DuckDB calls them, as Spark does. */
const names: Readonly<Record<string, string>> = {
  VARCHAR: 'string',
  TIMESTAMPTZ: 'timestamp',
  INTEGER: 'int',
  BIGINT: 'bigint',
  DOUBLE: 'double',
  BLOB: 'binary',
}

const structOf = (members: string): string =>
  members
    .split(', ')
    .map(member => member.split(' '))
    .map(([name, type]) => `${name}:${sparkType(type)}`)
    .join(',')

const sparkType = (type: string): string => {
  if (type.endsWith('[]')) return `array<${sparkType(type.slice(0, -2))}>`
  const members = /^STRUCT\((.*)\)$/.exec(type)?.[1]
  return members === undefined ? names[type] : `struct<${structOf(members)}>`
}

const sparkColumn = ({ name, type }: TableColumn): HiveColumn => ({ name, type: sparkType(type) })

/** The columns of a table of ours. */
export const hiveColumns = (table: TableName): readonly HiveColumn[] => tables[table].map(sparkColumn)

const oldNames = ['agent_id', 'destination_uri', 'event_time', 'chunk', 'cluster']

/** Those of the old system's table. */
export const oldColumns: readonly HiveColumn[] = oldNames.map(name => ({ name, type: 'string' }))
