/** How the files of a table of Hive are called and where they lie, for those who write them and those who read them. */

/** What lies in the folder of the table and is not to be read: Hive, Spark and DuckDB skip names that begin so. */
export const ownName = '_textstream'
/** Neither Hive nor Spark reads these. */
export const isUnread = (name: string): boolean => /^[._]/.test(name)

/** Of a batch, whose numbers ascend: each is published as a whole before the next one is. A merge is one of them, too. */
export interface Numbered {
  readonly batch: number
  readonly isMerged: boolean
}

/** What the names say that `consume --engine spark` gives; other files of a table may have other columns, or other types. */
export const numberOf = (name: string): Numbered | undefined => {
  const parts = /^(?<kind>batch|merged)-(?<batch>\d{10,})-\d+\.parquet$/.exec(name)?.groups
  return parts && { batch: Number(parts.batch), isMerged: parts.kind === 'merged' }
}

export const isOurs = (name: string): boolean => numberOf(name) !== undefined

/** A folder for each batch that is not published yet, called by its number; given our folder. */
export const stagingIn = (own: string): string => `${own}/staging`
/** Where a merge puts files out of sight before the one that has their rows gets its name; given its stage. */
export const hiddenIn = (stage: string): string => `${stage}/hidden`
/** What a file is called there; `kind` is `chunks`, `openings`, … */
export const hiddenAs = (kind: string, name: string): string => `${kind}-${name}`

export const parseHidden = (text: string): { readonly kind: string; readonly name: string } | undefined => {
  const parts = /^(?<kind>[a-z]+)-(?<name>.+)$/.exec(text)?.groups
  return parts && isOurs(parts.name) ? { kind: parts.kind, name: parts.name } : undefined
}
