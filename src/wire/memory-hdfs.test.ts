import { hdfsContract } from './hdfs.contract.ts'
import { memoryHdfs } from './memory-hdfs.ts'

hdfsContract('memory', async () => {
  const hdfs = memoryHdfs()
  await hdfs.makeFolder('/root')
  return { hdfs, root: '/root' }
})
