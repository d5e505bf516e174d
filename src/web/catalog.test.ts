import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from '../chunk/codec.ts'
import { memoryTopic } from '../topic/memory.ts'
import type { Entry } from '../topic/topic.ts'
import { Catalog } from './catalog.ts'
import { Hub } from './hub.ts'
import { Lanes } from './lanes.ts'
import { entryOf } from './states.ts'

/** A hub that is told of a record of each of these documents, a batch and a millisecond for each. */
const told = (uris: readonly string[], catalog = new Catalog()) => {
  let [nowMs, offset] = [0, 0]
  const hub = new Hub(memoryTopic(), new Lanes(), () => nowMs++, catalog)
  const seqs = new Map<string, number>()
  for (const uri of uris) {
    const seq = seqs.get(uri) ?? 0
    seqs.set(uri, seq + 1)
    const line = encode({ chunk: 'é', destination_uri: uri, agent_id: 'A', response_id: 'r', seq }).subarray(0, -1)
    const entry: Entry = { offset, next: offset + line.length + 1, line }
    hub.take({ partition: 'log', entries: [entry] })
    offset = entry.next
  }
  return hub
}

const listed = (hub: Hub) => [...hub.catalog.documents].map(({ uri }) => uri).toSorted()

test('forgets the half that was silent for longest, and says that it did', () => {
  const hub = told(['/a', '/b', '/c', '/a', '/d', '/e'], new Catalog({ documentsMax: 4 }))
  assert.deepEqual([listed(hub), hub.catalog.isPartial], [['/d', '/e'], true])
})

test('what it keeps goes on where it was', () => {
  const hub = told(['/a', '/b', '/c', '/d', '/e', '/e', '/d', '/e', '/f'], new Catalog({ documentsMax: 4 }))
  const { chunks, bytes, state, answers } = entryOf(hub.catalog.get('/e')!)
  assert.deepEqual([chunks, bytes, state, answers], [3, 6, 'open', 1])
  assert.deepEqual(listed(hub), ['/d', '/e', '/f'])
})

test('knows of a document that it may have forgotten records of it', () => {
  const hub = told(['/a', '/b', '/c', '/d', '/e', '/a', '/f'], new Catalog({ documentsMax: 4 }))
  assert.deepEqual(
    ['/a', '/d', '/f'].map(uri => hub.catalog.get(uri)?.isWhole),
    [false, true, true],
  )
})

test('forgets nothing as long as there is room', () => {
  const hub = told(['/a', '/b', '/a'])
  assert.deepEqual([listed(hub), hub.catalog.isPartial], [['/a', '/b'], false])
})

test('a document is looked for in the parts of the topic that have it, neighbours in one piece', () => {
  const hub = told(['/a', '/b'])
  const [end] = Object.values(hub.position)
  assert.deepEqual(hub.places.rangesOf(hub.catalog.get('/b')!.places), [{ partition: 'log', from: 0, to: end }])
})
