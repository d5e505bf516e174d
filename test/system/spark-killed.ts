/**
 * A consumer that ends as a power cut would: `node spark-killed.ts TOPIC TABLE RECORDS_MAX STEP`. It is killed right
 * before, or right behind, the STEP-th time that it changes a file; 0 is never.
 */
import { parseKafkaAddress } from '../../src/topic/kafka-address.ts'
import type { TableFiles } from '../../src/wire/table-files.ts'
import { filesOfTests, SparkTable } from './spark-table.ts'

const [topic, name, recordsMax, step] = process.argv.slice(2)

let steps = 0

const mortal = () => {
  if (++steps === Number(step)) process.kill(process.pid, 'SIGKILL')
}

const around =
  <Args extends unknown[], Result>(act: (...args: Args) => Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    mortal()
    const result = await act(...args)
    mortal()
    return result
  }

const mortalFiles = async (location: string): Promise<TableFiles> => {
  const files = await filesOfTests(location)
  const { create, rename, remove, sync } = files
  return { ...files, create: around(create), rename: around(rename), remove: around(remove), sync: around(sync) }
}

await new SparkTable('', name).consume(parseKafkaAddress(topic), {
  limits: { batchRecordsMax: Number(recordsMax), mergeBatches: 2, mergeFilesMin: 2 },
  filesAt: mortalFiles,
})
