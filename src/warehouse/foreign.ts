import type { Sandbox } from './sandbox.ts'
import type { TableColumn } from './schema.ts'
import { literals } from './sql.ts'

/** A column as written by whoever wrote it. */
interface ForeignColumn {
  readonly name: string
  /** Differs where the type does. */
  readonly type: string
}

type SchemaRow = readonly [path: string, name: string, type: string, children: bigint | null]

/** Columns of each file, without those that are parts of others. */
const columnsByFile = async (sandbox: Sandbox, paths: readonly string[]): Promise<Map<string, ForeignColumn[]>> => {
  const type = "concat_ws(' ', type, converted_type, logical_type)"
  const rows = await sandbox.all(
    `SELECT file_name, name, ${type}, num_children FROM parquet_schema(${literals(paths)})`,
  )
  const found = new Map<string, ForeignColumn[]>()
  let partsLeft = 0
  for (const [path, name, type, children] of rows as unknown as SchemaRow[]) {
    const columns = found.get(path)
    if (columns === undefined) found.set(path, [])
    else if (partsLeft > 0) partsLeft += Number(children ?? 0) - 1
    else {
      columns.push({ name, type })
      partsLeft = Number(children ?? 0)
    }
  }
  return found
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

const columnOf = ({ name, type }: TableColumn, theirs: readonly ForeignColumn[]): string => {
  const found = theirs.find(one => one.name.toLowerCase() === name)
  return found === undefined ? `NULL::${type} AS ${name}` : `TRY_CAST(${quoted(found.name)} AS ${type}) AS ${name}`
}

/** Files may have been written as rows of bytes, by engines that know no other text. */
const read = (columns: readonly TableColumn[], theirs: readonly ForeignColumn[], paths: readonly string[]): string => {
  const options = 'hive_partitioning = false, union_by_name = false, binary_as_string = true'
  return `SELECT ${columns.map(column => columnOf(column, theirs)).join(', ')} FROM read_parquet(${literals(paths)}, ${options})`
}

/**
 * Selects that read files of other schemas as ours: columns that they lack are null, and so is a value that cannot be
 * read as what its column holds. An old table of five STRING columns is one of them.
 */
export const readForeign = async (
  sandbox: Sandbox,
  columns: readonly TableColumn[],
  paths: readonly string[],
): Promise<string[]> => {
  if (paths.length === 0) return []
  const alike = new Map<string, { theirs: readonly ForeignColumn[]; paths: string[] }>()
  for (const [path, theirs] of await columnsByFile(sandbox, paths)) {
    const key = JSON.stringify(theirs)
    if (!alike.has(key)) alike.set(key, { theirs, paths: [] })
    alike.get(key)!.paths.push(path)
  }
  return [...alike.values()].map(({ theirs, paths }) => read(columns, theirs, paths))
}
