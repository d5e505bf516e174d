import { createHash, type Hash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Batch, Position, Topic } from '../topic/topic.ts'
import { FileWriter } from './files.ts'
import { byArrival, type Input, openInputs } from './inputs.ts'
import { OffsetsFile } from './topic-offsets.ts'

/** So many partitions are read at once, each with a file. */
export const partitionsAtOnceMax = 32

const part = /^kafka:\/\/[^/]+\/(?<topic>[^/]+)\/(?<partition>\d+)$/

/** Which part of a topic an input of a receipt was, if it was one. */
export const topicPartOf = (name: string): { readonly topic: string; readonly partition: string } | undefined =>
  part.exec(name)?.groups as { topic: string; partition: string } | undefined

const newline = Buffer.of(0x0a)
const hashedBytes = 64 * 1024

/** Digest of lines, each with a line end, in pieces that are worth a call. */
export class LinesDigest {
  readonly #hash: Hash = createHash('sha256')
  readonly #gathered = Buffer.allocUnsafe(hashedBytes)
  #used = 0
  bytes = 0

  add(line: Uint8Array): void {
    this.bytes += line.length + 1
    if (this.#used + line.length + 1 > hashedBytes) this.#flush()
    if (line.length + 1 > hashedBytes) this.#hash.update(line).update(newline)
    else {
      this.#gathered.set(line, this.#used)
      this.#used += line.length
      this.#gathered[this.#used++] = newline[0]
    }
  }

  #flush() {
    this.#hash.update(this.#gathered.subarray(0, this.#used))
    this.#used = 0
  }

  sha256(): string {
    this.#flush()
    return this.#hash.digest('hex')
  }
}

/** One partition on its way into a file of lines. */
class Spool implements Disposable {
  readonly #partition: string
  readonly #to: number
  readonly #path: string
  readonly #file: FileWriter
  readonly #offsets: OffsetsFile
  readonly #digest = new LinesDigest()
  #from: number | undefined

  constructor(path: string, partition: string, to: number) {
    this.#path = path
    this.#partition = partition
    this.#to = to
    this.#file = new FileWriter(path)
    this.#offsets = new OffsetsFile(`${path}.offsets`)
  }

  take({ entries }: Batch): void {
    this.#from ??= entries[0].offset
    for (const { offset, line } of entries) {
      this.#offsets.add(this.#digest.bytes, offset)
      this.#file.write(line)
      this.#file.write(newline)
      this.#digest.add(line)
    }
  }

  input(topic: string): Input {
    const [partition, to, path] = [this.#partition, this.#to, this.#path]
    const part = { name: topic, partition, from: this.#from ?? to, to, offsets: `${path}.offsets` }
    const packed = { bytes: this.#digest.bytes, sha256: this.#digest.sha256() }
    return { name: `${topic}/${partition}`, path, size: statSync(path).size, packed, topic: part }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
    this.#offsets[Symbol.dispose]()
  }
}

const spool = async (topic: Topic, partitions: readonly string[], end: Position, path: string): Promise<Input[]> => {
  const spools = new Map(partitions.map(name => [name, new Spool(`${path}-${name}`, name, end[name])]))
  const until = Object.fromEntries(partitions.map(name => [name, end[name]]))
  try {
    for await (const batch of topic.read({}, { until })) spools.get(batch.partition)!.take(batch)
  } finally {
    for (const one of spools.values()) one[Symbol.dispose]()
  }
  return [...spools.values()].map(one => one.input(topic.name))
}

/**
 * A topic as files of lines in the folder `scratch`, one for each partition, up to its end as it is now: so every runner
 * reads a topic as it reads a log.
 */
const spoolTopic = async (topic: Topic, scratch: string, number: number): Promise<Input[]> => {
  const end = await topic.end()
  const partitions = Object.keys(end)
  const inputs: Input[] = []
  for (let at = 0; at < partitions.length; at += partitionsAtOnceMax) {
    const some = partitions.slice(at, at + partitionsAtOnceMax)
    inputs.push(...(await spool(topic, some, end, join(scratch, `topic-${number}`))))
  }
  return inputs
}

/** What is to be read, in the order of arrival: files as `openInputs` finds them, topics, and what is `found` already. */
export const openAll = async (
  argv: readonly string[],
  topics: readonly Topic[],
  scratch: string,
  found: readonly Input[] = [],
): Promise<Input[]> => {
  const inputs = [...(await openInputs(argv, scratch)), ...found]
  for (const [number, topic] of topics.entries()) inputs.push(...(await spoolTopic(topic, scratch, number)))
  return inputs.sort(byArrival)
}
