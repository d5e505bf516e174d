import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseHiveAddress } from './hive-address.ts'
import { besideOf, identifierOf, parseHiveName } from './hive-name.ts'

test('a table is named with its database or without, in whatever letters', () => {
  assert.deepEqual(parseHiveName('chunks_clustered'), ['default', 'chunks_clustered'])
  assert.deepEqual(parseHiveName('Logs.Chunks_2'), ['logs', 'chunks_2'])
})

test('names that would need quotes, or that Hive takes for something else, are refused', () => {
  const bad = [
    '',
    '.',
    'a.',
    '.a',
    'a.b.c',
    'a b',
    'a-b',
    '_a',
    '12',
    'a`b',
    "a'b",
    'a;drop table x',
    'ä',
    '../a',
    'a\n',
  ]
  for (const name of [...bad, 'x'.repeat(101)]) assert.throws(() => parseHiveName(name), { code: 'hive/usage' }, name)
})

test('whatever is taken for a name needs no quotes', () => {
  const near = fc.string({ unit: fc.constantFrom(...'aB1_.`;\'" -'), maxLength: 12 })
  fc.assert(
    fc.property(near, text => {
      let path: readonly string[]
      try {
        path = parseHiveName(text)
      } catch {
        return
      }
      assert.match(identifierOf(path), /^`[a-z0-9_]+`\.`[a-z0-9_]+`$/)
    }),
    { endOnFailure: true },
  )
})

test('the tables beside the usual one have plain names, those beside others its name first', () => {
  assert.deepEqual(besideOf(['default', 'chunks_clustered'], 'endings'), ['default', 'endings'])
  assert.deepEqual(besideOf(['logs', 'other'], 'endings'), ['logs', 'other_endings'])
})

test('a HiveServer2 is a port, host and port, or an address of JDBC', () => {
  const cases = {
    '10001': ['127.0.0.1', 10001, 'default', '127.0.0.1:10001'],
    'ada.example': ['ada.example', 10000, 'default', 'ada.example:10000'],
    'ada:1': ['ada', 1, 'default', 'ada:1'],
    '[::1]:7': ['::1', 7, 'default', '[::1]:7'],
    'jdbc:hive2://ada:10000/logs': ['ada', 10000, 'logs', 'ada:10000'],
    'JDBC:HIVE2://ada/': ['ada', 10000, 'default', 'ada:10000'],
  }
  for (const [text, [host, port, database, name]] of Object.entries(cases))
    assert.deepEqual(parseHiveAddress(text), { host, port, database, name })
})

test('what is no HiveServer2 is refused', () => {
  for (const text of ['', 'a:0', 'a:65536', 'a b', 'http://a', 'jdbc:hive2://a/b;ssl=true', 'a/b`c', 'a:x', '70000'])
    assert.throws(() => parseHiveAddress(text), { code: 'hive/usage' }, text)
})
