import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { placeOf } from '../../src/stack/place.ts'
import { askHive } from '../hive.ts'
import { type OwnStack, ownStack, partsSkip } from './own-stack.ts'

const skip = await partsSkip('hive')

const daemons = ['postgres', 'metastore', 'hiveserver2']
const ready = daemons.map(daemon => `${daemon} ready`)

describe('a Hive of one’s own, without Hadoop', { skip }, () => {
  let stack: OwnStack
  let address: string

  before(async () => {
    stack = await ownStack()
    address = `127.0.0.1:${10_000 + stack.portOffset}`
    await stack.up('hive')
  })
  after(() => stack[Symbol.asyncDispose]())

  const rows = () => askHive(address, 'SELECT text, moment FROM kept ORDER BY moment')
  const kept = [
    { text: "it's; DROP TABLE kept -- 🎉", moment: '1969-12-31 23:59:59.999999' },
    { text: 'größer', moment: '2026-02-03 04:05:06.000007' },
  ]

  test('is ready when it answers statements, and keeps what they write', async () => {
    assert.deepEqual(await stack.states(), ready)
    const values = kept.map(
      ({ text, moment }) => `('${text.replaceAll("'", "\\'").replaceAll(';', '\\;')}', '${moment}')`,
    )
    const create = 'CREATE TABLE kept (text STRING, moment TIMESTAMP) STORED AS PARQUET'
    await askHive(address, create, `INSERT INTO kept VALUES ${values.join(', ')}`)
    assert.deepEqual(await rows(), kept)
  })

  test('its tables lie in its own data, in no other folder', async () => {
    const { data } = placeOf(stack.folders, 'hive')
    assert.ok((await stat(join(data, 'metastore/warehouse/kept'))).isDirectory())
  })

  test('its database runs as somebody who is not root, and takes Hive only', async t => {
    if (process.platform !== 'linux') return t.skip('needs /proc')
    const own = await readFile(`/proc/${await stack.pidOf('hive', 'postgres')}/status`, 'utf8')
    assert.doesNotMatch(own, /^Uid:\t0/m)
    const { data } = placeOf(stack.folders, 'hive')
    assert.match(await readFile(join(data, 'postgres/pg_hba.conf'), 'utf8'), /^host metastore hive 127/)
  })

  test('after kill -9 of all of it, up brings back what was written', async () => {
    for (const daemon of ['postgres', 'hiveserver2', 'metastore']) await stack.kill('hive', daemon)
    assert.deepEqual(
      await stack.states(),
      daemons.map(daemon => `${daemon} died`),
    )
    await stack.up('hive')
    assert.deepEqual(await stack.states(), ready)
    assert.deepEqual(await rows(), kept)
  })

  test('after kill -9 of its database it is not ready, and ends all the same', async () => {
    await stack.kill('hive', 'postgres')
    assert.deepEqual(await stack.states(), ['postgres died', 'metastore unready', 'hiveserver2 unready'])
    await stack.down()
    assert.deepEqual(await stack.states(), [])
  })

  test('data that was made without Hadoop is not used with it', async () => {
    const message = /the data of "hive" was made without "hadoop"; start it as before, or on nothing: .*--fresh hive$/
    await assert.rejects(stack.up('hadoop', 'hive'), { code: 'stack/bound', message })
    assert.deepEqual(await stack.states(), [])
  })
})
