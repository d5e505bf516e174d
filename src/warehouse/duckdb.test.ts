import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type DuckdbOptions, duckdbWarehouse } from './duckdb.ts'
import { tempDir } from './testing.ts'
import { warehouseContract } from './warehouse.contract.ts'

const contract = (name: string, folder: string, options: DuckdbOptions) =>
  warehouseContract(name, async (t: TestContext) => duckdbWarehouse(join(await tempDir(t), folder), options))

contract('duckdb', 'warehouse', {})
contract('duckdb that rolls all the time', `it's "a" [b] * %20 ünd`, { rollRowsMax: 10 })
