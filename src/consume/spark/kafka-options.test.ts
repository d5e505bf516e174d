import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaOptions } from './kafka-options.ts'

test('Spark logs in as we do, whatever is in a password', () => {
  assert.deepEqual(kafkaOptions({}), {})
  assert.deepEqual(kafkaOptions({ tls: { ca: undefined } }), { 'kafka.security.protocol': 'SSL' })
  assert.deepEqual(kafkaOptions({ tls: { ca: Buffer.from('PEM') }, sasl: { username: 'ada', password: 'a"b\\' } }), {
    'kafka.security.protocol': 'SASL_SSL',
    'kafka.ssl.truststore.type': 'PEM',
    'kafka.ssl.truststore.certificates': 'PEM',
    'kafka.sasl.mechanism': 'PLAIN',
    'kafka.sasl.jaas.config':
      'org.apache.kafka.common.security.plain.PlainLoginModule required username="ada" password="a\\"b\\\\";',
  })
})
