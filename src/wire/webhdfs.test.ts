import { hdfsContract } from './hdfs.contract.ts'
import { fakeWebHdfs } from './webhdfs-testing.ts'

hdfsContract('WebHDFS of a fake server', async t => {
  const { hdfs, files } = await fakeWebHdfs(t)
  await files.makeFolder('/root')
  return { hdfs, root: '/root' }
})
