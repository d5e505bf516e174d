import { openHiveFiles } from '../pipeline.ts'
import { StreamError } from '../std/error.ts'
import type { HiveTables } from '../warehouse/hive.ts'
import type { HiveFiles, LentPlace } from '../warehouse/hive-files.ts'
import type { QueryOptions, QueryResult } from '../warehouse/warehouse.ts'
import type { Lender } from './gate.ts'

const unknown = () =>
  new StreamError('web/catching-up', 'Spark has not yet said where the tables lie; /health says how the consumer is')

const elsewhere = (why: string) => new StreamError('web/elsewhere', `${why}; ask with textstream query --hive`)

const whereOf = ({ chunks: { location }, isLegacy }: HiveTables): string => {
  if (isLegacy) return 'it is an old table of five columns'
  return `the tables lie at "${location}", or not all on one file system`
}

/** In words of the page. What HDFS says names no file of this machine, so it is told as a whole. */
const asOurs = (thrown: unknown): unknown => {
  if (!(thrown instanceof StreamError)) return thrown
  const { code, message } = thrown
  if (code === 'warehouse/copying') return new StreamError('web/catching-up', message)
  if (code === 'warehouse/mirror-limit') return elsewhere(message)
  return code.startsWith('hdfs/') ? new StreamError(code as `hdfs/${string}`, message) : thrown
}

interface Opened {
  readonly tables: HiveTables
  readonly files: Promise<HiveFiles | undefined>
}

const placesOf = ({ isLegacy, chunks, openings, endings, rejected, clusters }: HiveTables): string =>
  JSON.stringify([isLegacy, ...[chunks, openings, endings, rejected, clusters].map(({ location }) => location)])

/** What the page sees of tables of Hive: nothing until they were opened, then their files, if these are in reach. */
export class HiveView implements Lender, AsyncDisposable {
  readonly #openFiles: typeof openHiveFiles
  #tables: HiveTables | undefined
  #opened: Opened | undefined

  constructor(openFiles = openHiveFiles) {
    this.#openFiles = openFiles
  }

  /** Told again whenever Spark opens them anew, which they mostly survive where they are. */
  readonly show = (tables: HiveTables): void => {
    this.#tables = tables
  }

  /** Codes beside those of a warehouse: `web/catching-up` before they are known, `web/elsewhere` if they cannot be read. */
  query(sql: string, options?: QueryOptions): Promise<QueryResult> {
    return this.#of(files => files.query(sql, options))
  }

  lend(signal?: AbortSignal): Promise<LentPlace> {
    return this.#of(files => files.lend(signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tables = undefined
    await this.#close()
  }

  async #of<T>(ask: (files: HiveFiles) => Promise<T>): Promise<T> {
    const tables = this.#tables
    if (tables === undefined) throw unknown()
    try {
      const files = await this.#open(tables)
      if (files !== undefined) return await ask(files)
    } catch (thrown) {
      throw asOurs(thrown)
    }
    throw elsewhere(whereOf(tables))
  }

  #open(tables: HiveTables): Promise<HiveFiles | undefined> {
    if (this.#opened !== undefined && placesOf(this.#opened.tables) === placesOf(tables)) return this.#opened.files
    const before = this.#close()
    const opened = { tables, files: before.then(() => this.#openFiles(tables)) }
    this.#opened = opened
    opened.files.catch(() => {
      if (this.#opened === opened) this.#opened = undefined
    })
    return opened.files
  }

  async #close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    const files = await opened?.files.catch(() => undefined)
    await files?.[Symbol.asyncDispose]()
  }
}
