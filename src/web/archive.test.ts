import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { encode } from '../chunk/codec.ts'
import { openTopic } from '../pipeline.ts'
import { Archive } from './archive.ts'
import { Catalog } from './catalog.ts'
import { Hub } from './hub.ts'
import { Lanes } from './lanes.ts'

const dir = mkdtempSync(join(tmpdir(), 'textstream-archive-'))
after(() => rmSync(dir, { recursive: true }))

test('a document that was forgotten is not given as it was before', async () => {
  const topic = await openTopic(join(dir, 'logs'))
  let nowMs = 0
  const hub = new Hub(topic, new Lanes(), () => nowMs++, new Catalog({ documentsMax: 2 }))
  const write = async (uri: string, seq: number, chunk: string) => {
    await using writer = await topic.writer()
    await writer.append(uri, encode({ chunk, destination_uri: uri, agent_id: 'A', response_id: 'r', seq }))
    for await (const batch of topic.read({ ...hub.position }, { until: await topic.end() })) hub.take(batch)
  }
  await using archive = new Archive(hub, join(dir, 'logs'))
  const textOf = async (uri: string) => readFileSync((await archive.now(uri)).textPath, 'utf8')
  await write('/a', 0, 'one ')
  assert.equal(await textOf('/a'), 'one ')
  await write('/b', 0, 'x')
  await write('/c', 0, 'x')
  await write('/a', 1, 'two')
  assert.equal(await textOf('/a'), 'one two')
})
