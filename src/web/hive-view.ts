import { openHiveFiles } from '../pipeline.ts'
import { StreamError } from '../std/error.ts'
import type { HiveTables } from '../warehouse/hive.ts'
import type { QueryOptions, QueryResult } from '../warehouse/warehouse.ts'
import type { Queried } from './gate.ts'

const unknown = () =>
  new StreamError('web/catching-up', 'Spark has not yet said where the tables lie; /health says how the consumer is')

const elsewhere = ({ chunks: { location }, isLegacy }: HiveTables) => {
  const lie = /^hdfs:/.test(location) ? 'the tables lie in HDFS' : `the tables lie at "${location}"`
  const why = isLegacy ? 'it is an old table of five columns' : lie
  return new StreamError('web/elsewhere', `${why}; ask with textstream query --hive`)
}

/** What the page sees of tables of Hive: nothing until they were opened, then their files, if these are in reach. */
export class HiveView implements Queried {
  #tables: HiveTables | undefined
  #files: Promise<Queried | undefined> | undefined

  readonly show = (tables: HiveTables): void => {
    this.#tables = tables
    this.#files = openHiveFiles(tables)
    this.#files.catch(() => {})
  }

  /** Throws `web/catching-up` before they are known. */
  get tables(): HiveTables {
    if (this.#tables === undefined) throw unknown()
    return this.#tables
  }

  /** Codes beside those of a warehouse: `web/catching-up` before they are known, `web/elsewhere` if they cannot be read. */
  async query(sql: string, options?: QueryOptions): Promise<QueryResult> {
    const { tables } = this
    const files = await this.#files
    if (files === undefined) throw elsewhere(tables)
    return files.query(sql, options)
  }
}
