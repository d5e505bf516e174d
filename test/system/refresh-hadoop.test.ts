import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { eachAtOnce } from '../../src/refresh/at-once.ts'
import { findOnHdfs } from '../../src/refresh/hdfs-inputs.ts'
import { openAll } from '../../src/refresh/topic-inputs.ts'
import type { Topic } from '../../src/topic/topic.ts'
import { casesOf } from '../cases/cases.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { type HdfsFolder, hdfsFolder } from '../hdfs-folder.ts'
import { type Case, logOf } from './document-cases.ts'
import { measuring, oddNode } from './hadoop-node.ts'
import { hardLog } from './hard-log.ts'
import { hadoopRunner, type Left, leftBy, leftByInline } from './on-hadoop.ts'
import { tempDir } from './textstream.ts'

const { skip, hadoop } = await hadoopOrSkip()

const differences = (a: Left['files'], b: Left['files']): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter(name => !a.get(name) || !b.get(name)?.equals(a.get(name)!))

const assertSame = (hadoop: Left, inline: Left) => {
  assert.deepEqual(differences(hadoop.files, inline.files), [])
  assert.deepEqual(hadoop.ran, inline.ran)
}

/** The cases' logs under names that keep their order; a case's documents are its own, where a record is written as one. */
const corpus = () =>
  casesOf<Case>('documents.json').flatMap((one, n) =>
    [...logOf(one, uri => `/${n}${uri}`).inputs].map(([name, bytes]) => [`c${1000 + n}-${name}`, bytes] as const),
  )

const hardLogs = () =>
  fc
    .sample(hardLog, { seed: 6, numRuns: 40 })
    .flatMap(({ inputs }, n) => [...inputs].map(([name, bytes]) => [`h${1000 + n}-${name}`, bytes] as const))

const record = (fields: object) => `${JSON.stringify(fields)}\n`

const oddUris = [
  ...Array.from({ length: 256 }, (_, code) => `/byte ${String.fromCharCode(code)}`),
  ...['..', '../../etc/passwd', '/', '//', '_documents.ndjson', '/_documents-00000', '/_receipt.json', '/a,b', '/{a}'],
  ...[
    '/CON',
    '/%2e',
    '/a\\b',
    '/a*?[b]',
    '/é',
    '/e\u0301',
    '/😀',
    '/\ud83d',
    '/\u2028',
    'x'.repeat(5000),
    '/\uffff',
    '-rf',
  ],
]

const many = () =>
  Array.from({ length: 1000 }, (_, n) =>
    [0, 1].map(seq => record({ chunk: `${n} ${seq}`, destination_uri: `/many/${n}`, response_id: 'r', seq })).join(''),
  ).join('')

/** Names that mean something to Hadoop, to shells, or to addresses. */
const oddNames = ['a,b', '*', '?[x]', '{a,b}', '%20 +#', 'ä"\'\\', '$(x)', '😀', '--jobconf', 'a=b&c']

const oddInputs = () =>
  oddNames.map(
    (name, n) => [`n ${name}.ndjson`, Buffer.from(record({ chunk: name, destination_uri: `/n/${n}` }))] as const,
  )

const put = ({ hdfs, path }: HdfsFolder, inputs: readonly (readonly [string, Buffer])[]) =>
  eachAtOnce(inputs.entries(), 8, async ([n, [name, bytes]]) => {
    const isPacked = n % 5 === 4 && bytes.length < 2 ** 20
    await hdfs.write(`${path}/${name}${isPacked ? '.gz' : ''}`, [isPacked ? gzipSync(bytes) : bytes])
  })

/** Like one of Kafka's: offsets count records, and some are missing. */
const topicWithRubbish = (): Topic => {
  const lines = [record({ chunk: 't', destination_uri: '/topic' }), 'rubbish é', record({ destination_uri: '' }), '{']
  const entries = lines.map((line, n) => ({
    offset: 100 + 7 * n,
    next: 101 + 7 * n,
    line: Buffer.from(line.trimEnd()),
  }))
  return {
    name: 'kafka://h:9092/chunks',
    end: async () => ({ 3: 200 }),
    read: async function* () {
      yield { partition: '3', entries }
    },
    writer: () => Promise.reject(new Error('it is only read')),
  }
}

test('the same bytes as inline, from several reducers: all cases, hard logs, odd names, 1,000 documents', {
  skip,
}, async t => {
  const folder = await hdfsFolder(t, hadoop!)
  const odd = oddUris.map(uri => record({ chunk: uri, destination_uri: uri })).join('')
  const rest = [
    ['odd.ndjson', Buffer.from(odd)],
    ['many.ndjson', Buffer.from(many())],
  ] as const
  await put(folder, [...corpus(), ...hardLogs(), ...oddInputs(), ...rest])
  await using dir = await tempDir()
  const inputs = await openAll([], [topicWithRubbish()], dir.path, await findOnHdfs([folder]))
  const onHadoop = await leftBy(hadoopRunner(hadoop!, folder, { reducers: 3 }), inputs)
  assertSame(onHadoop, await leftByInline(inputs))
  assert.ok(onHadoop.ran.counters.documents > 1400)
})

const mib = 2 ** 20
const long = process.env.TEXTSTREAM_LONG !== undefined
const needsTime =
  spawnSync('/usr/bin/time', ['--version']).status === 0 ? false : 'needs GNU time (apt-get install time)'

/** One document, its text in records of 64 KiB. */
async function* largeLog(bytes: number) {
  const chunk = 'é'.repeat(32 * 1024)
  for (let seq = 0; seq * 2 * chunk.length < bytes; seq++)
    yield Buffer.from(record({ chunk, destination_uri: '/large', response_id: 'r', seq }))
}

test('a document of 100 MB has the same bytes, and takes tasks no more memory than one of 10', {
  skip: skip || needsTime || (long ? false : 'takes long: npm run test:long'),
}, async t => {
  const kib: number[][] = []
  for (const bytes of [10 * mib, 100 * mib]) {
    const folder = await hdfsFolder(t, hadoop!)
    await folder.hdfs.write(`${folder.path}/log.ndjson`, largeLog(bytes))
    const inputs = await findOnHdfs([folder])
    const node = oddNode(t, measuring)
    assertSame(
      await leftBy(hadoopRunner(hadoop!, folder, { node: node.path, reducers: 2 }), inputs),
      await leftByInline(inputs),
    )
    kib.push(['map', 'reduce'].map(kind => Number(node.text(`kib-${kind}`))))
  }
  t.diagnostic(`map and reduce, KiB: ${kib.join(' and ')}`)
  for (const kind of [0, 1]) assert.ok(kib[1][kind] < kib[0][kind] * 1.3, `${kib}`)
})
