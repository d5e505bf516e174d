import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { ExecuteOptions } from './execution.ts'
import { type Command, CommandSchema, type Relation, SaveMode, TableSaveMethod } from './proto.ts'
import type { Options } from './relation.ts'
import type { SparkSession } from './session.ts'
import { type Parameters, sql } from './source.ts'
import { quoted } from './type.ts'

type Init = NonNullable<MessageInitShape<typeof CommandSchema>['commandType']>

/** Commands are frozen data, too: `execute` does them. */
const command = (commandType: Init): Command => Object.freeze(create(CommandSchema, { commandType }))

const modes = {
  append: SaveMode.APPEND,
  overwrite: SaveMode.OVERWRITE,
  /** Fails, and changes nothing. */
  'error-if-exists': SaveMode.ERROR_IF_EXISTS,
  /** Does nothing. */
  'ignore-if-exists': SaveMode.IGNORE,
} as const

/** What to do if there is something already. */
export type Mode = keyof typeof modes

export interface Saving {
  readonly format: string
  readonly mode: Mode
  readonly partitionBy?: readonly string[]
  readonly options?: Options
}

/** Into files below a path, or a URI such as `hdfs://host:9820/path`; each partition becomes a file. */
export const save = (
  input: Relation,
  path: string,
  { format, mode, partitionBy = [], options = {} }: Saving,
): Command =>
  command({
    case: 'writeOperation',
    value: {
      input,
      source: format,
      saveType: { case: 'path', value: path },
      mode: modes[mode],
      partitioningColumns: [...partitionBy],
      options,
    },
  })

/** Into a new table, with the columns of the relation. `path` is the name below its namespaces: `['logs', 'chunks']`. */
export const saveAsTable = (
  input: Relation,
  path: readonly string[],
  { format, mode, partitionBy = [], options = {} }: Saving,
): Command => {
  const tableName = path.map(quoted).join('.')
  const saveMethod = TableSaveMethod.SAVE_AS_TABLE
  return command({
    case: 'writeOperation',
    value: {
      input,
      source: format,
      saveType: { case: 'table', value: { tableName, saveMethod } },
      mode: modes[mode],
      partitioningColumns: [...partitionBy],
      options,
    },
  })
}

/** Into a table that there is. **By position**: the names of the columns are not looked at. */
export const insertInto = (input: Relation, path: readonly string[], mode: 'append' | 'overwrite'): Command => {
  const table = { tableName: path.map(quoted).join('.'), saveMethod: TableSaveMethod.INSERT_INTO }
  return command({
    case: 'writeOperation',
    value: { input, saveType: { case: 'table', value: table }, mode: modes[mode] },
  })
}

/** A name for the relation within the session; takes the place of one that has it. */
export const temporaryView = (input: Relation, name: string): Command =>
  command({ case: 'createDataframeView', value: { input, name: quoted(name), isGlobal: false, replace: true } })

/** Does a command. Resolves once it is done. */
export const execute = async (spark: SparkSession, value: Command, options?: ExecuteOptions): Promise<void> => {
  for await (const _ of spark.execute({ case: 'command', value }, options)) {
  }
}

/**
 * Runs a statement now, whatever it is: what it changes is changed once this resolves. What it answers is the relation;
 * of a query nothing is computed before that is read.
 */
export const runSql = async (
  spark: SparkSession,
  query: string,
  parameters?: Parameters,
  options?: ExecuteOptions,
): Promise<Relation> => {
  const input = sql(query, parameters)
  const value = command({ case: 'sqlCommand', value: { input } })
  let answer = input
  for await (const { responseType } of spark.execute({ case: 'command', value }, options))
    if (responseType.case === 'sqlCommandResult') answer = responseType.value.relation ?? input
  return answer
}
