import { hdfsContract } from '../../src/wire/hdfs.contract.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { hdfsFolder } from '../hdfs-folder.ts'

const { skip, hadoop } = await hadoopOrSkip()

hdfsContract(
  'WebHDFS of a real HDFS',
  async t => {
    const { hdfs, path } = await hdfsFolder(t, hadoop!)
    return { hdfs, root: path }
  },
  { skip },
)
