import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { membersOf, repeatedKey } from './json-members.ts'

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 2 })

const escaped = (key: string) =>
  [...Array(key.length).keys()].map(i => `\\u${key.charCodeAt(i).toString(16).padStart(4, '0')}`)
const spelt = fc
  .tuple(
    fc.string({ unit: fc.oneof(fc.constantFrom('"', '\\', '\ud800', 'k'), fc.string()), maxLength: 3 }),
    fc.boolean(),
  )
  .map(([key, inEscapes]) => ({ key, json: inEscapes ? `"${escaped(key).join('')}"` : JSON.stringify(key) }))

const value = fc.oneof(
  fc.jsonValue().chain(json => fc.constantFrom(JSON.stringify(json), JSON.stringify(json, null, 2))),
  fc.constantFrom('1e400', '-0.0', '"\\\\"', '"\\""', '"\\\\\\""', '[]', '{}', '{ }', '[[],{"a":"]}"}]', 'null'),
)
const member = fc.record({ spelt, value, gaps: fc.tuple(space, space, space, space) })

/** Writes the object and remembers where everything went: the slow reference. */
const written = (list: readonly { spelt: { key: string; json: string }; value: string; gaps: string[] }[]) => {
  let json = ' {'
  const expected = list.map(({ spelt, value, gaps }, at) => {
    json += (at > 0 ? ',' : '') + gaps[0]
    const from = json.length
    json += spelt.json + gaps[1] + ':' + gaps[2]
    const valueFrom = json.length
    json += value
    const to = json.length
    json += gaps[3]
    return { key: spelt.key, from, valueFrom, to }
  })
  return { json: `${json}}  `, expected }
}

test('finds every member where it was written', () => {
  fc.assert(
    fc.property(fc.array(member), list => {
      const { json, expected } = written(list)
      JSON.parse(json)
      assert.deepEqual(membersOf(json), expected)
    }),
    { numRuns: process.env.TEXTSTREAM_LONG ? 100_000 : 1_000 },
  )
})

test('tells a key that stands twice', () => {
  assert.equal(repeatedKey(membersOf('{"a":1,"b":{"a":2},"\\u0061":3}')), 'a')
  assert.equal(repeatedKey(membersOf('{"a":1,"b":{"a":2,"a":3}}')), undefined)
  assert.equal(repeatedKey(membersOf('{}')), undefined)
})
