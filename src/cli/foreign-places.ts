import type { Command } from 'commander'
import { StreamError } from '../std/error.ts'
import { isKafkaAddress } from '../topic/kafka-address.ts'
import { isHdfsAddress } from '../wire/hdfs-address.ts'

/** They would pass for the names of folders. */
const onHadoop = /^(?:hdfs|webhdfs):\//i
/** Whatever else is given as an address of Kafka would pass for a folder, too. */
const takesKafka = new Set(['from', 'input', 'log'])

/** By command: what may lie on HDFS. */
const takesHdfs: Readonly<Record<string, ReadonlySet<string>>> = {
  refresh: new Set(['input', 'out']),
  verify: new Set(['folder', 'log']),
  put: new Set(['source']),
  get: new Set(['source']),
  ls: new Set(['address']),
}

/** What stands for itself, whatever it looks like. */
const noPlaces = new Set(['agent', 'uri', 'seed', 'format', 'topic', 'kafkaBrokerPort'])

const texts = (value: unknown): string[] => [value].flat().filter(one => typeof one === 'string')

const placesIn = (command: Command): { readonly name: string; readonly text: string }[] => {
  const values = command.registeredArguments.map((argument, i) => [argument.name(), command.processedArgs[i]] as const)
  const named = [...values, ...Object.entries(command.opts())]
  return named.flatMap(([name, value]) => (noPlaces.has(name) ? [] : texts(value).map(text => ({ name, text }))))
}

const howKafka = (command: Command) =>
  command.name().endsWith('produce')
    ? 'produce takes Kafka as -k host:port -t topic'
    : 'a topic of Kafka can be read by tap, cat, refresh, verify, consume and up'

/** Refuses these among the arguments and options of a command, before it does anything. */
export const refuseForeignPlaces = (command: Command): void => {
  const places = placesIn(command)
  const misplaced = places.find(({ name, text }) => isKafkaAddress(text) && !takesKafka.has(name))
  if (misplaced !== undefined)
    throw new StreamError('cli/usage', `"${misplaced.text}" is no folder; ${howKafka(command)}`)
  const known = takesHdfs[command.name().replace(/^textstream /, '')]
  const isKnown = (text: string, name: string) => isHdfsAddress(text) && known?.has(name)
  const place = places.find(({ name, text }) => onHadoop.test(text) && !isKnown(text, name))?.text
  if (place === undefined) return
  const todo = isHdfsAddress(place)
    ? 'textstream hdfs get and put copy from and to HDFS'
    : 'write it as hdfs://host:port/path'
  throw new StreamError('cli/usage', `"${place}" is no file or folder here; ${todo}`)
}
