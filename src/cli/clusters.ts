import { Command } from 'commander'
import { openWarehouse } from '../pipeline.ts'
import type { Warehouse } from '../warehouse/warehouse.ts'
import { type Changed, changesText, type Latest, latestText } from './clusters-text.ts'
import { membersOf, objectOf } from './query-formats.ts'
import { say } from './run.ts'
import { amount } from './words.ts'

const examples = `Examples:
  textstream clusters                          what the clusters are now: label, terms, size, share, nearest texts
  textstream clusters --changes                how they came about: born, kept, split, merged, died, by model
  textstream clusters --json | jq '.[].label'

The same and more in SQL: textstream query "select * from latest_clusters", "select * from clusters".
`

interface Flags {
  readonly warehouse: string
  readonly changes: boolean
  readonly json: boolean
}

const columnsAtLeast = 40
const columnsMax = 100

const latest = `SELECT * FROM latest_clusters ORDER BY change = 'died', rows DESC, cluster`
const changes = `SELECT model, windows, cluster, change, parents, label, size, share FROM clusters ORDER BY model, cluster`
const unclustered = `SELECT count(*) AS rows, count(*) FILTER (cluster IS NULL) AS without FROM chunks_clustered`

interface Asked {
  readonly names: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

const ask = async (warehouse: Warehouse, sql: string): Promise<Asked> => {
  await using result = await warehouse.query(sql)
  const all: (readonly unknown[])[] = []
  for await (const rows of result.rows) all.push(...rows)
  return { names: result.columns.map(({ name }) => name), rows: all }
}

const objectsOf = <T>({ names, rows }: Asked): T[] =>
  rows.map(row => Object.fromEntries(names.map((name, i) => [name, row[i]])) as T)

const jsonOf = ({ names, rows }: Asked): string => {
  const members = membersOf(names)
  return rows.length === 0 ? '[]\n' : `[\n${rows.map(row => objectOf(members, row)).join(',\n')}\n]\n`
}

const width = () => Math.min(columnsMax, Math.max(columnsAtLeast, process.stdout.columns ?? 80))

const tellNone = (rows: number) =>
  say(
    `no clusters yet, of ${amount(rows, 'row')}: a model is fitted when there is enough text, or at the end of consume --once`,
  )

const show = async (warehouse: Warehouse, asked: Asked, isChanges: boolean) => {
  const [[rows, without]] = (await ask(warehouse, unclustered)).rows as [number, number][]
  if (asked.rows.length === 0) return tellNone(rows)
  if (isChanges) process.stdout.write(changesText(objectsOf<Changed>(asked), width()))
  else process.stdout.write(latestText(objectsOf<Latest>(asked), { rows, without }, width()))
}

const act = async ({ warehouse: dir, changes: isChanges, json }: Flags) => {
  const warehouse = await openWarehouse(dir)
  const asked = await ask(warehouse, isChanges ? changes : latest)
  if (json) process.stdout.write(jsonOf(asked))
  else await show(warehouse, asked, isChanges)
}

export const command = (): Command =>
  new Command('clusters')
    .description('Shows what the clusters of a warehouse are, and how they changed.')
    .addHelpText('before', `${examples}\n`)
    .option('--warehouse <dir>', 'what consume filled', 'warehouse')
    .option('--changes', 'what became of each cluster with each model', false)
    .option('--json', 'as one JSON array', false)
    .action(act)
