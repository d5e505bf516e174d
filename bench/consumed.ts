/** What `textstream consume` makes of a log, and how fast: whole commands, their tables checked against the manifest. */
import { link, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openWarehouse } from '../src/pipeline.ts'
import { StreamError } from '../src/std/error.ts'
import { type Expected, readManifest } from './manifest.ts'
import { type Cost, measured, runProgram, syncFileSystemOf } from './measure.ts'

export interface Consumption {
  readonly bin: string
  /** A file that `generate.ts` made. */
  readonly log: string
  /** Where the warehouse goes; it is removed. */
  readonly out: string
  readonly features: string
}

export interface Consumed {
  readonly cost: Cost
  readonly rows: number
  readonly textBytes: number
  /** Of all files of `chunks_clustered`. */
  readonly fileBytes: number
  readonly files: number
}

const documentsSql = `
  select destination_uri as uri, octet_length(encode(text)) as bytes, sha256(encode(text)) as sha256
  from (select destination_uri, string_agg(chunk, '' order by seq, event_time) as text from chunks_clustered group by all)`

const rowsOf = async (dir: string, sql: string): Promise<(readonly unknown[])[]> => {
  await using result = await (await openWarehouse(dir)).query(sql)
  const rows: (readonly unknown[])[] = []
  for await (const some of result.rows) rows.push(...some)
  return rows
}

const checkDocuments = async (dir: string, documents: readonly Expected[]) => {
  const found = new Map((await rowsOf(dir, documentsSql)).map(([uri, bytes, sha256]) => [uri, `${bytes} ${sha256}`]))
  const wrong = documents.filter(({ uri, bytes, sha256 }) => found.get(uri) !== `${bytes} ${sha256}`)
  if (wrong.length === 0 && found.size === documents.length) return
  const which = `${wrong.length} of ${documents.length} documents differ, such as ${wrong[0]?.uri}`
  throw new StreamError('bench/wrong', `the table has ${found.size} documents; ${which}; this is a bug`)
}

const sizeOfFiles = async (dir: string) => {
  const names = await readdir(dir)
  const sizes = await Promise.all(names.map(async name => (await stat(join(dir, name))).size))
  return { files: names.length, fileBytes: sizes.reduce((sum, size) => sum + size, 0) }
}

/** `consume --once` from nothing to committed, rolled files. */
export const consumeLog = async ({ bin, log, out, features }: Consumption, check: boolean): Promise<Consumed> => {
  const [logs, warehouse, report] = [join(out, 'logs'), join(out, 'warehouse'), join(out, 'report.json')]
  await rm(out, { recursive: true, force: true })
  await mkdir(logs, { recursive: true })
  await link(log, join(logs, basename(log)))
  await runProgram({ program: 'cat', args: [log] })
  await runProgram(syncFileSystemOf(out))
  const args = ['consume', '--from', logs, '--warehouse', warehouse, '--once', '--json', '--features', features]
  const cost = await measured({ program: bin, args: [...args, '--malformed-max', '1000000'], stdout: report })
  const { documents } = await readManifest(log)
  if (check) await checkDocuments(warehouse, documents)
  const { rows } = JSON.parse(await readFile(report, 'utf8'))
  const textBytes = documents.reduce((sum, { bytes }) => sum + bytes, 0)
  return { cost, rows, textBytes, ...(await sizeOfFiles(join(warehouse, 'chunks_clustered'))) }
}
