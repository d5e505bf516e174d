import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseSchemaFile, readSchemaFile } from './schema-file.ts'

const plain = [
  { name: 'chunk', type: 'string' },
  { name: 'destination_uri', type: 'string' },
]
const text = (...fields: readonly unknown[]) => JSON.stringify({ fields: [...plain, ...fields] })

test('the schema file that comes along says nothing but what a record has', async () => {
  const path = fileURLToPath(new URL('../../schemas/chunks.json', import.meta.url))
  assert.deepEqual(await readSchemaFile(path), { extra: [] })
})

test('fields that a record does not know become columns, under the names that Hive has for their types', () => {
  const fields = [
    { name: 'topic_name', type: 'string' },
    { name: 'Tokens', type: 'INTEGER' },
    { name: 'cost', type: 'double', nullable: true, metadata: {} },
    { name: 'at', type: 'timestamp' },
    { name: 'seq', type: 'long' },
  ]
  assert.deepEqual(parseSchemaFile(`\ufeff${text(...fields)}`, 'f').extra, [
    { name: 'topic_name', type: 'string' },
    { name: 'Tokens', type: 'int' },
    { name: 'cost', type: 'double' },
    { name: 'at', type: 'timestamp' },
  ])
})

const refused: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /"f": it is no JSON/],
  ['null', /it has no list "fields"/],
  ['{"fields": {}}', /it has no list "fields"/],
  ['{"fields": []}', /no field "chunk"/],
  [JSON.stringify({ fields: plain.slice(0, 1) }), /no field "destination_uri"/],
  [text('x'), /field 3 is "x"/],
  [text(null), /field 3 is null/],
  [text({ type: 'string' }), /field 3 has the name nothing/],
  [text({ name: 'a b', type: 'string' }), /field 3 has the name "a b"/],
  [text({ name: '`; drop table x', type: 'string' }), /must be a letter, then letters/],
  [text({ name: '_words', type: 'string' }), /must be a letter, then letters/],
  [text({ name: 'x'.repeat(129), type: 'string' }), /longer than 128/],
  [text({ name: 'x', type: 'varchar(3)' }), /"x" has the type "varchar\(3\)"; there are string, /],
  [text({ name: 'x', type: 'constructor' }), /has the type "constructor"/],
  [text({ name: 'x', type: { type: 'struct' } }), /has the type \{"type":"struct"\}/],
  [text({ name: 'x', type: 'string', comment: 'c' }), /has "comment"/],
  [text({ name: 'cluster', type: 'int' }), /"cluster" is a column that the consumer fills by itself/],
  [text({ name: 'Extra', type: 'string' }), /"Extra" is a column/],
  [text({ name: 'chunk', type: 'string' }), /"chunk" is there twice/],
  [text({ name: 'a', type: 'int' }, { name: 'A', type: 'int' }), /"a" is there twice/],
  [text({ name: 'agent_id', type: 'int' }), /"agent_id" is a string, not int/],
]

test('what a schema file cannot say is refused, with its place', () => {
  for (const [text, why] of refused)
    assert.throws(() => parseSchemaFile(text, 'f'), { code: 'schema/usage', message: why }, text)
})

test('a file that is not there, a folder, and a huge one are refused', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-schema-'))
  try {
    await writeFile(join(dir, 'huge'), ' '.repeat(1024 * 1024 + 1))
    for (const [name, message] of [
      ['none', /no such file/],
      ['.', /EISDIR/],
      ['huge', /longer than 1048576 bytes/],
    ] as const)
      await assert.rejects(readSchemaFile(join(dir, name)), { code: 'schema/usage', message })
  } finally {
    await rm(dir, { recursive: true })
  }
})
