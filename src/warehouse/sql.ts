/** The only ways in which text of others gets into SQL. */

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** A string, whatever it holds: what stands in it is never SQL, which itself would end at a NUL. */
export const literal = (text: string): string =>
  text.includes('\0') ? `(${text.split('\0').map(quoted).join(' || chr(0) || ')})` : quoted(text)

const wild = /[[*?]/
/** In a pattern a backslash would part folders; the range has only it and its neighbours `[`, `]` and `^`. */
const classOf = (character: string) => (character === '\\' ? '[[-^]' : `[${character}]`)

/** DuckDB takes a path that it reads for a pattern; this is the pattern of one path alone. */
const patternOf = (path: string) => (wild.test(path) ? path.replace(/[[*?\\]/g, classOf) : path)

/** A list of files to read, for `read_parquet` and the like. */
export const literals = (paths: readonly string[]): string => `[${paths.map(patternOf).map(literal).join(', ')}]`

/** The rows of Parquet files that all have the same columns. Folders' names that look like `key=value` add none. */
export const readFiles = (paths: readonly string[]): string =>
  `read_parquet(${literals(paths)}, hive_partitioning = false, union_by_name = false)`
