import type { Command } from 'commander'
import { StreamError } from '../std/error.ts'

/** Places of engines that later releases carry to. Until then they would pass for the names of folders. */
const placeOfLater = /^(?:kafka|hdfs|webhdfs):\//i

/** What stands for itself, whatever it looks like. */
const noPlaces = new Set(['agent', 'uri', 'seed', 'format', 'topic', 'kafkaBrokerPort'])

const texts = (value: unknown): string[] => [value].flat().filter(one => typeof one === 'string')

const placesIn = (command: Command): string[] => {
  const values = command.registeredArguments.map((argument, i) => [argument.name(), command.processedArgs[i]] as const)
  const named = [...values, ...Object.entries(command.opts())]
  return named.flatMap(([name, value]) => (noPlaces.has(name) ? [] : texts(value)))
}

/** Refuses them among the arguments and options of a command, before it does anything. */
export const refuseLaterPlaces = (command: Command): void => {
  const place = placesIn(command).find(text => placeOfLater.test(text))
  if (place === undefined) return
  const scheme = place.slice(0, place.indexOf(':'))
  throw new StreamError('cli/usage', `"${place}": "${scheme}:" comes in a later release; give a file or folder here`)
}
