import { StreamError } from '../std/error.ts'
import { type Partition, partitionsIn } from './folder.ts'
import { FolderWatch } from './folder-watch.ts'
import type { OnDamage } from './line-file.ts'
import { endsOf } from './log-end.ts'
import { PartitionReader } from './partition-reader.ts'
import type { Batch, Position, ReadOptions } from './topic.ts'

/** The readers of all partitions that the folder held so far, in their order. */
class Readers implements AsyncDisposable {
  readonly #readers = new Map<string, PartitionReader>()
  readonly #make: (partition: Partition) => PartitionReader

  constructor(make: (partition: Partition) => PartitionReader) {
    this.#make = make
  }

  learn(partitions: readonly Partition[]): void {
    for (const partition of partitions) {
      const known = this.#readers.get(partition.name)
      if (known === undefined) this.#readers.set(partition.name, this.#make(partition))
      else known.learn(partition)
    }
  }

  async *next(signal?: AbortSignal): AsyncGenerator<Batch> {
    for (const [partition, reader] of this.#readers) {
      const entries = await reader.next(signal)
      if (entries.length > 0) yield { partition, entries }
    }
  }

  async *all(signal?: AbortSignal): AsyncGenerator<Batch> {
    for (const [partition, reader] of this.#readers) {
      for (let entries = await reader.next(signal); entries.length > 0; entries = await reader.next(signal)) {
        yield { partition, entries }
      }
      await reader[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers.values()) await reader[Symbol.asyncDispose]()
  }
}

const refuseBehind = (dir: string, from: Position, end: Position) => {
  for (const [partition, offset] of Object.entries(end)) {
    if ((from[partition] ?? 0) <= offset) continue
    const why = `offset ${from[partition]} lies behind its end, ${offset}; is it the log that the offset came from?`
    throw new StreamError('topic/offset', `read "${partition}" of "${dir}": ${why}`)
  }
}

async function* readAll(dir: string, from: Position, { until, signal }: ReadOptions, onDamage: OnDamage) {
  const partitions = await partitionsIn(dir)
  const to = until ?? (await endsOf(partitions))
  if (until === undefined) refuseBehind(dir, from, to)
  await using readers = new Readers(p => new PartitionReader(p, from[p.name] ?? 0, to[p.name] ?? 0, onDamage))
  readers.learn(partitions)
  yield* readers.all(signal)
}

/** Each partition in turn, so that a busy one starves no other. */
async function* follow(dir: string, from: Position, { signal, gatherMs }: ReadOptions, onDamage: OnDamage) {
  using folder = new FolderWatch(dir, signal, gatherMs)
  await using readers = new Readers(p => new PartitionReader(p, from[p.name] ?? 0, Number.POSITIVE_INFINITY, onDamage))
  while (signal?.aborted !== true) {
    readers.learn(await partitionsIn(dir))
    let idle = true
    for await (const batch of readers.next(signal)) {
      idle = false
      yield batch
    }
    if (idle) await folder.change()
  }
}

export async function* readFolder(
  dir: string,
  from: Position,
  options: ReadOptions,
  onDamage: OnDamage,
): AsyncGenerator<Batch> {
  const { signal } = options
  const batches = (options.follow ? follow : readAll)(dir, from, options, onDamage)
  for await (const batch of batches) {
    if (signal?.aborted) return
    yield batch
    if (signal?.aborted) return
  }
}
