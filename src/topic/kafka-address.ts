import { StreamError } from '../std/error.ts'

/** A topic of a Kafka cluster, as people write it: `kafka://host:port/topic`, several brokers with commas between. */
export interface KafkaAddress {
  readonly brokers: readonly KafkaBroker[]
  readonly topic: string
}

export interface KafkaBroker {
  readonly host: string
  readonly port: number
}

const scheme = 'kafka://'
const portDefault = 9092
const brokersMax = 100
const example = 'kafka://localhost:9092/chunks'

const usage = (message: string) => new StreamError('kafka/usage', message)

/** Whether the text means a Kafka topic, well written or not. */
export const isKafkaAddress = (text: string): boolean => /^kafka:/i.test(text)

const portOf = (digits: string | undefined, text: string): number => {
  const port = digits === undefined ? portDefault : Number(digits)
  if (port >= 1 && port <= 65_535) return port
  throw usage(`"${text}": "${digits}" is no port; give 1 to 65535`)
}

const brokerOf = (text: string): KafkaBroker => {
  if (/^\d+$/.test(text)) return { host: 'localhost', port: portOf(text, text) }
  const parts = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[\w.-]+))(?::(?<port>\d+))?$/i.exec(text)?.groups
  if (parts === undefined) throw usage(`"${text}" is no Kafka broker; give a port, or host:port`)
  return { host: (parts.six ?? parts.host)!, port: portOf(parts.port, text) }
}

/** A name and a password in an address would show in the list of processes: not even the message repeats them. */
const refuseSecrets = (text: string) => {
  if (!text.includes('@')) return
  const how = 'set TEXTSTREAM_KAFKA_SASL_USERNAME and TEXTSTREAM_KAFKA_SASL_PASSWORD_FILE instead'
  throw usage(`a Kafka address holds no user name and no password; ${how}`)
}

const brokersOf = (text: string): KafkaBroker[] => {
  refuseSecrets(text)
  const brokers = text.split(',').map(brokerOf)
  if (brokers.length <= brokersMax) return brokers
  throw usage(`${brokers.length} Kafka brokers: give at most ${brokersMax}; they tell of the others`)
}

/** Kafka's own rule for names. */
const topicOf = (name: string): string => {
  if (/^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..') return name
  throw usage(`${JSON.stringify(name)} is no name of a Kafka topic; use up to 249 of A-Z a-z 0-9 . _ -`)
}

/** What `-k` and `-t` say: a port, `host:port`, or several with commas between; and a topic. */
export const kafkaAddressOf = (brokers: string, topic: string): KafkaAddress => ({
  brokers: brokersOf(brokers),
  topic: topicOf(topic),
})

export const parseKafkaAddress = (text: string): KafkaAddress => {
  refuseSecrets(text)
  const [brokers, topic, ...more] = text.slice(scheme.length).split('/')
  const isWhole = text.toLowerCase().startsWith(scheme) && brokers !== '' && (topic ?? '') !== '' && more.length === 0
  if (!isWhole) throw usage(`"${text}" is no address of a Kafka topic; write it as ${example}`)
  return kafkaAddressOf(brokers, topic)
}

const hostOf = (host: string) => (host.includes(':') ? `[${host}]` : host)

export const brokersText = ({ brokers }: Pick<KafkaAddress, 'brokers'>): string =>
  brokers.map(({ host, port }) => `${hostOf(host)}:${port}`).join(',')

/** The one spelling of an address. */
export const kafkaName = (address: KafkaAddress): string => `${scheme}${brokersText(address)}/${address.topic}`
