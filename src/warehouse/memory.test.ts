import { memoryWarehouse } from './memory.ts'
import { warehouseContract } from './warehouse.contract.ts'

warehouseContract('memory', async () => memoryWarehouse())
