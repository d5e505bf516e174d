import { StreamError } from '../std/error.ts'

const nameCharactersMax = 100

/** A database and a table in it. */
export type HiveName = readonly [database: string, name: string]

const usage = (text: string, why: string) =>
  new StreamError('hive/usage', `Hive table "${text}": ${why}; give a name such as chunks_clustered, or db.name`)

/** `name` or `db.name`, in small letters, as Hive keeps them. What would need quotes is refused. */
export const parseHiveName = (text: string): HiveName => {
  const parts = text.toLowerCase().split('.')
  const [database, name] = parts.length === 1 ? ['default', parts[0]] : parts
  if (parts.length > 2) throw usage(text, 'there are more than two parts')
  for (const part of [database, name]) {
    if (!/^[a-z0-9_]+$/.test(part) || /^_|^\d+$/.test(part))
      throw usage(text, `"${part}" is not made of letters, digits and "_", beginning with one of the former`)
    if (part.length > nameCharactersMax) throw usage(text, `it is longer than ${nameCharactersMax} characters`)
  }
  return [database, name]
}

const plain = 'chunks_clustered'

/** Its tables beside it: `endings`, or, of a table of another name, `other_endings`. */
export const besideOf = ([database, name]: HiveName, beside: string): HiveName => [
  database,
  name === plain ? beside : `${name}_${beside}`,
]

export const shownName = (path: HiveName): string => path.join('.')

/** As `IDENTIFIER(…)` wants it. */
export const identifierOf = (path: readonly string[]): string => path.map(part => `\`${part}\``).join('.')
