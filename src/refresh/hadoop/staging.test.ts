import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { hadoopOrSkip } from '../../../test/hadoop.ts'
import { hdfsFolder } from '../../../test/hdfs-folder.ts'
import { openStaging, stagingFolderOf } from './staging.ts'

const { skip, hadoop } = await hadoopOrSkip()

test('a run has a folder of its own, which is gone afterwards; those of the dead go, those of others stay', {
  skip,
}, async t => {
  const { hdfs } = await hdfsFolder(t, hadoop!)
  const user = `test ${process.pid}`
  const folder = stagingFolderOf(user)
  // Hooks run in the order in which they were asked for, and the first one closes the connection.
  await using _ = { [Symbol.asyncDispose]: async () => void (await hdfs.remove(folder)) }
  const gone = spawn('true')
  await once(gone, 'exit')
  const dead = `${folder}/${hostname()}-${gone.pid}-0123456789ab`
  const others = [`${folder}/elsewhere-${gone.pid}-0123456789ab`, `${folder}/${hostname()}-1-0123456789ab`]
  for (const path of [dead, ...others]) await hdfs.makeFolder(path)
  const abandoned: string[] = []
  const namesIn = async () => {
    const names: string[] = []
    for await (const { path } of hdfs.list(folder)) names.push(path)
    return names
  }
  {
    const abandon = async (id: string) => void abandoned.push(id)
    await using staging = await openStaging({ hdfs, user, id: 'ba9876543210', abandon })
    assert.deepEqual(await namesIn(), [...others, staging.path].sort())
  }
  assert.deepEqual({ abandoned, left: await namesIn() }, { abandoned: ['0123456789ab'], left: others.sort() })
})
