import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSparkAddress, sparkName } from './address.ts'

const good: readonly (readonly [string, ReturnType<typeof parseSparkAddress>])[] = [
  ['sc://localhost', { host: 'localhost', port: 15002 }],
  ['SC://LocalHost:1', { host: 'LocalHost', port: 1 }],
  ['15102', { host: 'localhost', port: 15102 }],
  ['spark.example:443', { host: 'spark.example', port: 443 }],
  ['sc://[::1]:15002', { host: '::1', port: 15002 }],
  ['sc://h/', { host: 'h', port: 15002 }],
  ['sc://h:1/;use_ssl=true;user_id=a%20b', { host: 'h', port: 1, tls: true, user: 'a b' }],
  ['sc://h:1/;use_ssl=false', { host: 'h', port: 1, tls: false }],
]

for (const [text, address] of good)
  test(`${text} is read as an address`, () => assert.deepEqual(parseSparkAddress(text), address))

const bad: readonly (readonly [string, RegExp])[] = [
  ['sc://', /is no address/],
  ['sc:localhost', /is no address/],
  ['sc://h:70000', /"70000" is no port/],
  ['sc://h:0', /"0" is no port/],
  ['sc://a b', /is no address/],
  ['sc://h/path', /is no address/],
  ['sc://h/;use_ssl=yes', /use_ssl is "yes"/],
  ['sc://h/;x-header=1', /"x-header" is no option/],
  ['sc://h/;user_id=%zz', /not percent-encoded/],
]

for (const [text, message] of bad)
  test(`${text} is refused`, () => assert.throws(() => parseSparkAddress(text), { code: 'spark/usage', message }))

for (const text of ['sc://h:1/;token=s3cret', 'sc://user:s3cret@h', 'sc://h/;session_id=s3cret', 'h?TOKEN=s3cret'])
  test(`an address with a secret in it is refused, and not repeated: ${text.replace('s3cret', '…')}`, () => {
    assert.throws(
      () => parseSparkAddress(text),
      (error: Error) => !error.message.includes('s3cret') && error.message.includes('TEXTSTREAM_SPARK_TOKEN_FILE'),
    )
  })

test('an address has one spelling', () => {
  assert.equal(sparkName({ host: '::1', port: 7, tls: true }), 'sc://[::1]:7')
})
