import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hdfsFiles } from './hdfs-files.ts'
import { localFiles } from './local-files.ts'
import { memoryHdfs } from './memory-hdfs.ts'
import { tableFilesContract } from './table-files.contract.ts'

tableFilesContract('local', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'textstream-table-'))
  return { files: localFiles(), folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
})

tableFilesContract('hdfs, in memory', async () => {
  const files = hdfsFiles(memoryHdfs())
  await files.makeFolder('/table')
  return { files, folder: '/table', [Symbol.asyncDispose]: async () => {} }
})
