import { after, before } from 'node:test'
import type { HiveTables } from '../../src/warehouse/hive-table.ts'
import { warehouseContract } from '../../src/warehouse/warehouse.contract.ts'
import { sparkSkip } from '../spark.ts'
import { HiveDatabase } from './hive-database.ts'
import { type TempDir, tempDir } from './textstream.ts'

let dir: TempDir | undefined
let database: HiveDatabase | undefined
/** Made once, and emptied for each test. */
let tables: HiveTables | undefined
before(async () => {
  if (sparkSkip !== false) return
  dir = await tempDir()
  database = await HiveDatabase.make(dir.path)
})
after(async () => {
  await database?.[Symbol.asyncDispose]()
  await dir?.[Symbol.asyncDispose]()
})

const fresh = 'rows are in public files as soon as they are committed: nothing is rolled'
const skipped = {
  'texts come back byte for byte, rolled': fresh,
  'state is recalled as it was last committed, also by the next writer':
    'the ledger keeps settings and first records, which are never taken back',
  'what is recalled by a prefix comes in byte order of the keys':
    'the ledger keeps some settings; nobody asks for them in order',
  'the other tables have what was committed':
    'clusters come with a model that Spark fitted; test/system/hive-tables.test.ts has the other tables',
  'waiting rows get the cluster of their window, with the commit that brings the first model':
    'no row waits: the first batch with text brings the first model',
  'texts are found by answer and number, fresh or rolled; the first of several':
    'a number of an answer is never there twice: a repeat is dropped, a conflict goes to rejected',
  'endings are found by answer and number': 'the lookup gives what a repeat is proven by, not where the ending stood',
}

warehouseContract(
  'Hive',
  async () => {
    const { emptyTables, hiveWarehouse } = await import('./hive-warehouse.ts')
    tables ??= await database!.open('contract')
    await emptyTables(tables)
    return hiveWarehouse(database!.spark, tables)
  },
  { skip: sparkSkip === false ? skipped : { all: sparkSkip } },
)
