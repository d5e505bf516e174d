/** A part of one partition of the topic, `[from, to)`. */
export interface Range {
  readonly partition: string
  readonly from: number
  readonly to: number
}

/** The topic is looked at in blocks of about so many bytes. */
const blockBytesMin = 1024 * 1024
/** More than any partition has blocks. */
const blocksMax = 2 ** 26

interface Partition {
  readonly number: number
  readonly name: string
  /** Where each block begins. */
  readonly starts: number[]
  /** In the last block. */
  bytes: number
  end: number
}

/**
 * The topic cut into blocks, so that a document need remember only in which ones it occurs. A place is a number that
 * tells partition and block.
 */
export class Places {
  readonly #partitions: Partition[] = []
  readonly #byName = new Map<string, Partition>()
  #current: Partition | undefined

  turnTo(name: string): void {
    const known = this.#byName.get(name)
    this.#current = known ?? this.#begin(name)
  }

  /** The place of a record; records come in order. */
  of(offset: number, next: number, bytes: number): number {
    const partition = this.#current!
    if (partition.bytes >= blockBytesMin || partition.starts.length === 0) {
      partition.starts.push(offset)
      partition.bytes = 0
    }
    partition.bytes += bytes
    partition.end = next
    return partition.number * blocksMax + partition.starts.length - 1
  }

  /** What has to be read for these, which ascend in each partition; neighbours in one piece. */
  rangesOf(places: readonly number[]): Range[] {
    const ranges: { partition: string; from: number; to: number }[] = []
    for (const place of places.toSorted((a, b) => a - b)) {
      const { name: partition, starts, end } = this.#partitions[Math.floor(place / blocksMax)]
      const block = place % blocksMax
      const [from, to] = [starts[block], starts[block + 1] ?? end]
      const last = ranges.at(-1)
      if (last?.partition === partition && last.to === from) last.to = to
      else ranges.push({ partition, from, to })
    }
    return ranges
  }

  #begin(name: string): Partition {
    const made = { number: this.#partitions.length, name, starts: [], bytes: 0, end: 0 }
    this.#partitions.push(made)
    this.#byName.set(name, made)
    return made
  }
}
