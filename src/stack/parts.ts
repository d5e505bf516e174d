import { StreamError } from '../std/error.ts'
import type { Part } from './part.ts'
import { hadoop } from './parts/hadoop.ts'
import { hive } from './parts/hive.ts'
import { kafka } from './parts/kafka.ts'
import { kafkaExporter } from './parts/kafka-exporter.ts'
import { prometheus } from './parts/prometheus.ts'
import { spark } from './parts/spark.ts'
import { sparkCluster } from './parts/spark-cluster.ts'

export type Parts = ReadonlyMap<string, Part>

export const partsOf = (...parts: readonly Part[]): Parts => new Map(parts.map(part => [part.name, part]))

/** All that the stack can start. Another engine is a file in `parts/`, a folder in `installations/`, and a name here. */
export const parts: Parts = partsOf(kafka, kafkaExporter, hadoop, hive, sparkCluster, spark, prometheus)

export const partNamed = (parts: Parts, name: string): Part => {
  const part = parts.get(name)
  if (part !== undefined) return part
  throw new StreamError('stack/usage', `"${name}" is no part of the stack; there are ${[...parts.keys()].join(', ')}`)
}

/** These parts and all that they need, each behind what it needs. */
export const inOrder = (parts: Parts, names: readonly string[]): Part[] => {
  const ordered = new Set<Part>()
  const add = (name: string) => {
    const part = partNamed(parts, name)
    if (ordered.has(part)) return
    for (const needed of part.needs) add(needed)
    ordered.add(part)
  }
  for (const name of names) add(name)
  return [...ordered]
}

/** These parts and all that need or use them, each before what it needs: the order in which to end them. */
export const inReverse = (parts: Parts, names: readonly string[]): Part[] => {
  const wanted = new Set(names.map(name => partNamed(parts, name)))
  const on = ({ needs, uses = [] }: Part) => [...needs, ...uses]
  const using: Parts = new Map([...parts].map(([name, part]) => [name, { ...part, needs: on(part) }]))
  const all = inOrder(using, [...using.keys()]).map(({ name }) => partNamed(parts, name))
  for (const part of all) if (on(part).some(name => wanted.has(partNamed(parts, name)))) wanted.add(part)
  return all.filter(part => wanted.has(part)).reverse()
}
