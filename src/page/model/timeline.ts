import type { ChunkPage } from '../../web/api.ts'

/** What is known of one chunk: where it stands, whose it is, when it came. */
export interface ChunkFact {
  readonly index: number
  readonly start: number
  readonly length: number
  /** Microseconds since 1970; of the chunk before, where it has none of its own. */
  readonly time: number | null
  readonly agent: string
  readonly answer: string
  readonly seq: number | null
}

/** How many of `count` ascending numbers are at most `most`. */
const upperBound = (at: (index: number) => number, count: number, most: number): number => {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (at(middle) <= most) low = middle + 1
    else high = middle
  }
  return low
}

class Names {
  readonly all: string[] = []
  readonly #numbers = new Map<string, number>()

  number(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.all.length)
    return this.all.push(name) - 1
  }
}

/** A document's chunks, column by column, in the order of its text. */
export class Timeline {
  readonly #start: number[] = []
  readonly #length: number[] = []
  readonly #time: (number | null)[] = []
  readonly #agent: number[] = []
  readonly #answer: number[] = []
  readonly #seq: (number | null)[] = []
  readonly #agents = new Names()
  readonly #answers = new Names()
  #ascends = true
  #first: number | null = null
  #last: number | null = null

  get chunks(): number {
    return this.#start.length
  }

  get units(): number {
    return this.chunks === 0 ? 0 : this.#start.at(-1)! + this.#length.at(-1)!
  }

  /** The earliest and the latest time; null where no chunk has one. */
  get first(): number | null {
    return this.#first
  }

  get last(): number | null {
    return this.#last
  }

  /** The text as it was at a time is a prefix of the text: chunks came in the order in which they stand. */
  get ascends(): boolean {
    return this.#ascends && this.#first !== null
  }

  /** Pages follow one another, and number agents and answers each for itself. */
  add(page: ChunkPage): void {
    for (let i = 0; i < page.start.length; i++) {
      this.#start.push(page.start[i])
      this.#length.push(page.length[i])
      this.#seq.push(page.seq[i])
      this.#agent.push(this.#agents.number(page.agents[page.agent[i]] ?? ''))
      this.#answer.push(this.#answers.number(page.answers[page.answer[i]] ?? ''))
      this.#addTime(page.time[i])
    }
  }

  #addTime(given: number | null) {
    const before = this.#time.at(-1) ?? null
    const time = given ?? before
    this.#time.push(time)
    if (time === null) return
    if (before === null && this.#time.length > 1) this.#ascends = false
    if (before !== null && time < before) this.#ascends = false
    if (this.#first === null || time < this.#first) this.#first = time
    if (this.#last === null || time > this.#last) this.#last = time
  }

  /** How many chunks had come by a time, where `ascends`. */
  chunksAt(time: number): number {
    return upperBound(i => this.#time[i] ?? 0, this.chunks, time)
  }

  /** Length of the text as it was at a time, where `ascends`. */
  unitsAt(time: number): number {
    const chunks = this.chunksAt(time)
    return chunks === 0 ? 0 : this.#start[chunks - 1] + this.#length[chunks - 1]
  }

  timeOf(index: number): number | null {
    return this.#time[index] ?? null
  }

  /** The chunk that a unit of the text belongs to; chunks without text have none. */
  chunkAt(unit: number): ChunkFact | undefined {
    if (unit < 0 || unit >= this.units) return undefined
    return this.fact(upperBound(i => this.#start[i], this.chunks, unit) - 1)
  }

  fact(index: number): ChunkFact | undefined {
    if (index < 0 || index >= this.chunks) return undefined
    return {
      index,
      start: this.#start[index],
      length: this.#length[index],
      time: this.#time[index],
      agent: this.#agents.all[this.#agent[index]],
      answer: this.#answers.all[this.#answer[index]],
      seq: this.#seq[index],
    }
  }

  /** Characters that came in each of `bins` equal steps from the first time to the last. */
  density(bins: number): number[] {
    const sums = new Array<number>(bins).fill(0)
    if (this.#first === null || this.#last === null) return sums
    const step = (this.#last - this.#first) / bins || 1
    for (let i = 0; i < this.chunks; i++) {
      const bin = Math.floor(((this.#time[i] ?? this.#first) - this.#first) / step)
      sums[Math.min(bins - 1, bin)] += this.#length[i]
    }
    return sums
  }
}
