import { randomBytes } from 'node:crypto'
import type { HiveName } from '../../src/warehouse/hive-name.ts'
import type { HiveColumn, HiveTable, HiveTables } from '../../src/warehouse/hive-table.ts'
import { client, quick, type Session, sparkAddress } from '../spark.ts'

const { coalesce, collect, execute, lit, localRows, openSpark, project, runSql, save, sqlExpression, as } = client

export type Columns = Parameters<typeof localRows>[1]

/** A database of its own, on the shared metastore, and a session that makes tables in it. */
export class HiveDatabase implements AsyncDisposable {
  readonly name: string
  readonly spark: Session

  private constructor(name: string, spark: Session) {
    this.name = name
    this.spark = spark
  }

  /** Tables lie where the metastore has them, which may be HDFS, or in a folder of this machine. */
  static async make(folder?: string): Promise<HiveDatabase> {
    const { sparkSettings } = await import('../../src/warehouse/hive.ts')
    const spark = await openSpark(sparkAddress, { settings: { ...quick, ...sparkSettings } })
    const database = new HiveDatabase(`t${randomBytes(6).toString('hex')}`, spark)
    const name = lit.string(database.name)
    if (folder === undefined) await runSql(spark, 'CREATE DATABASE IDENTIFIER(:name)', { name })
    else
      await runSql(spark, 'CREATE DATABASE IDENTIFIER(:name) LOCATION :folder', {
        name,
        folder: lit.string(`file:${folder}`),
      })
    return database
  }

  nameOf(table: string): HiveName {
    return [this.name, table]
  }

  async open(table: string, extra?: readonly HiveColumn[]): Promise<HiveTables> {
    const { openHiveTables } = await import('../../src/warehouse/hive.ts')
    return openHiveTables(this.spark, this.nameOf(table), extra)
  }

  /** Columns in whose names JSON stands for what cannot be sent as it is: `nearest:array<…>`. */
  async put({ location }: HiveTable, columns: Columns): Promise<void> {
    const terms = columns.map(({ name }) => {
      const [plain, type] = name.split(/:(.*)/s)
      return as(type === undefined ? name : sqlExpression(`from_json(\`${name}\`, '${type}')`), plain)
    })
    const rows = project(coalesce(await localRows(this.spark, columns), 1), terms)
    await execute(this.spark, save(rows, location, { format: 'parquet', mode: 'append' }))
  }

  async rows(sql: string): Promise<Readonly<Record<string, unknown>>[]> {
    return await collect(this.spark, await runSql(this.spark, sql))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runSql(this.spark, 'DROP DATABASE IF EXISTS IDENTIFIER(:name) CASCADE', { name: lit.string(this.name) })
    await this.spark[Symbol.asyncDispose]()
  }
}
