import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, consumed, consumeOnce, query, type Row, record, rowsOf, topicOf } from '../../test/consumed.ts'
import type { Topic } from '../topic/topic.ts'
import { memoryWarehouse } from '../warehouse/memory.ts'
import type { Warehouse } from '../warehouse/warehouse.ts'

const vocabularies = [
  'tide harbour keel anchor gull mast',
  'dough oven crust flour yeast salt',
  'proof lemma axiom field prime group',
]

/** Words of one subject, the same for the same numbers. */
const prose = (subject: number, words: number, salt = 0): string => {
  const vocabulary = vocabularies[subject].split(' ')
  let chance = subject * 7919 + salt + 1
  let text = ''
  for (let i = 0; i < words; i++) {
    chance = (Math.imul(chance, 1103515245) + 12345) & 0x7fffffff
    text += `${vocabulary[(chance >> 16) % vocabulary.length]} `
  }
  return text
}

const cut = (text: string, length: number): string[] => text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? []

/** Answers on each subject, side by side as agents write them. */
const sideBySide = (words: number, length: number): string[] => {
  const answers = vocabularies.map((_, subject) => answer(`r${subject}`, cut(prose(subject, words), length)))
  const longest = Math.max(...answers.map(lines => lines.length))
  return Array.from({ length: longest }, (_, i) => answers.flatMap(lines => lines.slice(i, i + 1))).flat()
}

const k3 = { settings: { clusters: 3 } }

/** Ends after so many records, as a process that is stopped does. */
const stopping = (topic: Topic, records: number, stop: AbortController): Topic => ({
  name: topic.name,
  end: () => topic.end(),
  writer: () => topic.writer(),
  async *read(from, options) {
    let left = records
    for await (const { partition, entries } of topic.read(from, options)) {
      yield { partition, entries: entries.slice(0, left) }
      left -= entries.length
      if (left <= 0) return stop.abort()
    }
    stop.abort()
  },
})

const consumeSome = async (topic: Topic, warehouse: Warehouse, records: number) => {
  const stop = new AbortController()
  await consumeOnce(stopping(topic, records, stop), warehouse, { ...k3, signal: stop.signal })
}

const clustersBySubject = (rows: readonly Row[]) =>
  Map.groupBy(
    rows.filter(({ cluster }) => cluster !== null),
    ({ response_id }) => response_id!,
  )

test('texts of different subjects come into different clusters', async () => {
  const { rows } = await consumed(sideBySide(2000, 40), k3)
  const found = [...clustersBySubject(rows).values()].map(some => [...new Set(some.map(({ cluster }) => cluster))])
  assert.deepEqual(
    found.map(({ length }) => length),
    [1, 1, 1],
  )
  assert.equal(new Set(found.flat()).size, 3)
})

test('rows that came before the first model get a cluster from it; each row names its model', async () => {
  const { rows, progress } = await consumed(sideBySide(3000, 40), k3)
  const early = rows.filter(({ seq }) => seq! >= 3 && seq! < 20)
  assert.ok(
    early.every(({ model, cluster }) => model === 1 && cluster !== null),
    JSON.stringify(early[0]),
  )
  assert.ok(progress.model > 1)
  assert.ok(rows.some(({ model }) => model === progress.model - 1))
})

test('too little text is no guess: such rows have neither cluster nor model', async () => {
  const { rows } = await consumed(
    [...sideBySide(500, 40), record({ chunk: 'Only four words here.', destination_uri: '/~short' })],
    k3,
  )
  assert.deepEqual(
    rows.filter(row => row.destination_uri === '/~short').map(({ cluster, model }) => [cluster, model]),
    [[null, null]],
  )
})

test('fewer windows than clusters are no fault', async () => {
  const { rows, progress } = await consumed(answer('r', [prose(0, 12)]), { settings: { clusters: 5 } })
  assert.deepEqual([rows.length, rows[0].model, progress.model], [1, 1, 1])
})

test('the same text, cut otherwise, has the same cluster at the same place', async () => {
  const text = prose(0, 400) + prose(1, 400) + prose(0, 200)
  const others = sideBySide(1500, 64)
  const at = async (length: number) => {
    const { rows } = await consumed([...others, ...answer('z', cut(text, length))], k3)
    const clusters = new Map<number, number | null>()
    let end = 0
    for (const { chunk, cluster } of rows.filter(({ response_id }) => response_id === 'z')) {
      end += chunk.length
      clusters.set(end, cluster)
    }
    return clusters
  }
  const [fine, coarse] = [await at(7), await at(7 * 24)]
  const shared = [...coarse.keys()].filter(end => fine.has(end))
  assert.ok(shared.length > 20)
  assert.deepEqual(
    shared.map(end => fine.get(end)),
    shared.map(end => coarse.get(end)),
  )
})

test('a run that is stopped and goes on again and again leaves the same rows and models as one that is not', async () => {
  const lines = sideBySide(4000, 100)
  const topic = await topicOf(lines)
  const [whole, broken] = [memoryWarehouse(), memoryWarehouse()]
  await consumeOnce(topic, whole, k3)
  for (let records = 1, done = 0; done < lines.length; records = (records * 3) % 101) {
    await consumeSome(topic, broken, records)
    done += records
  }
  await consumeOnce(topic, broken, k3)
  const facts = 'select model, cluster, change, label, size from clusters order by model, cluster'
  assert.deepEqual(await rowsOf(broken), await rowsOf(whole))
  assert.deepEqual(await query(broken, facts), await query(whole, facts))
})

test('classic clusters each chunk by itself', async () => {
  const pieces = Array.from({ length: 300 }, (_, i) => prose(i % 3, 30, i))
  const { rows } = await consumed(answer('r', [...pieces, '']), { settings: { clusters: 3, features: 'classic' } })
  const clusters = rows.map(({ cluster }) => cluster)
  assert.equal(clusters.pop(), null)
  assert.deepEqual(
    clusters.map(cluster => clusters.indexOf(cluster)),
    pieces.map((_, i) => i % 3),
  )
})
