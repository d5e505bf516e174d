import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isKafkaAddress, kafkaAddressOf, kafkaName, parseKafkaAddress } from './kafka-address.ts'

const names: readonly (readonly [text: string, name: string])[] = [
  ['kafka://localhost:9092/chunks', 'kafka://localhost:9092/chunks'],
  ['KAFKA://broker/a.b_c-d', 'kafka://broker:9092/a.b_c-d'],
  ['kafka://a:1,b:2/chunks', 'kafka://a:1,b:2/chunks'],
  ['kafka://[::1]:9093/chunks', 'kafka://[::1]:9093/chunks'],
  ['kafka://9092/chunks', 'kafka://localhost:9092/chunks'],
]

for (const [text, name] of names) {
  test(`"${text}" is ${name}`, () => assert.equal(kafkaName(parseKafkaAddress(text)), name))
}

const brokers: readonly (readonly [text: string, name: string])[] = [
  ['9092', 'kafka://localhost:9092/chunks'],
  ['broker', 'kafka://broker:9092/chunks'],
  ['broker:29092', 'kafka://broker:29092/chunks'],
  ['a,b:9093', 'kafka://a:9092,b:9093/chunks'],
]

for (const [text, name] of brokers) {
  test(`-k ${text} is ${name}`, () => assert.equal(kafkaName(kafkaAddressOf(text, 'chunks')), name))
}

const faults: readonly (readonly [text: string, message: RegExp])[] = [
  ['kafka:', /no address of a Kafka topic/],
  ['kafka://localhost:9092', /no address of a Kafka topic/],
  ['kafka://localhost:9092/', /no address of a Kafka topic/],
  ['kafka:///chunks', /no address of a Kafka topic/],
  ['kafka://localhost/chunks/0', /no address of a Kafka topic/],
  ['kafka:/localhost/chunks', /no address of a Kafka topic/],
  ['kafka://localhost:99999/chunks', /"99999" is no port/],
  ['kafka://localhost:/chunks', /no Kafka broker/],
  ['kafka://a b/chunks', /no Kafka broker/],
  ['kafka://localhost/..', /no name of a Kafka topic/],
  [`kafka://localhost/${'a'.repeat(250)}`, /no name of a Kafka topic/],
  ['kafka://localhost/ch%75nks', /no name of a Kafka topic/],
]

for (const [text, message] of faults) {
  test(`"${text.slice(0, 60)}" is refused`, () => {
    assert.ok(isKafkaAddress(text))
    assert.throws(() => parseKafkaAddress(text), { code: 'kafka/usage', message })
  })
}

test('an address with a password is refused, and the message does not repeat it', () => {
  for (const refuse of [
    () => parseKafkaAddress('kafka://ada:hunter2@localhost/chunks'),
    () => kafkaAddressOf('ada:hunter2@localhost', 'chunks'),
  ]) {
    assert.throws(refuse, ({ code, message }) => code === 'kafka/usage' && !message.includes('hunter2'))
  }
})

test('what is no Kafka address is none', () => {
  for (const text of ['logs/', 'kafka', './kafka:/', 'hdfs://kafka/']) assert.equal(isKafkaAddress(text), false)
})
