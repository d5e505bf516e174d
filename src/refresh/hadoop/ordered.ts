import { join } from 'node:path'
import { type Keyed, mapper } from '../map.ts'
import { Sorter } from '../sort.ts'
import type { Frame } from './frames.ts'
import { readAnswerKey } from './key.ts'
import { isOfSame, isUndated, overlaps, type Run, RunReader, readRun } from './runs.ts'

/** The runs that come to a reducer, in order, one ahead. */
class Runs {
  readonly #next: () => Frame | undefined
  current: Run | undefined
  following: Run | undefined

  constructor(next: () => Frame | undefined) {
    this.#next = next
    this.current = this.#read()
    this.following = this.#read()
  }

  advance(): void {
    if (this.current !== undefined) this.current.isGone = true
    this.current = this.following
    this.following = this.current === undefined ? undefined : this.#read()
  }

  get goesOn(): boolean {
    return this.current !== undefined && this.following !== undefined && isOfSame(this.current, this.following)
  }

  #read(): Run | undefined {
    const frame = this.#next()
    return frame === undefined ? undefined : readRun(frame)
  }
}

/**
 * Sorted runs → their records in the order of the job, each as `mapper` would have it. Most runs stand behind one
 * another and stream; where they overlap, and where records have no time, the records are sorted again.
 */
export class OrderedRecords {
  /** Records that were handed on. */
  count = 0
  readonly #runs: Runs
  readonly #reader = new RunReader()
  readonly #sorters: string
  readonly #alive: () => void
  #answer: Buffer = Buffer.alloc(0)
  #whose = { uri: '', responseId: '' }

  /**
   * `next` gives frames of runs until they end; what must rest on the disk goes into `folder`; `alive` is called for each
   * record that is handled.
   */
  constructor(next: () => Frame | undefined, folder: string, alive: () => void) {
    this.#runs = new Runs(next)
    this.#sorters = join(folder, 'sort')
    this.#alive = alive
  }

  *[Symbol.iterator](): Generator<Keyed> {
    for (const record of this.#ordered()) {
      this.#alive()
      yield record
    }
  }

  *#ordered(): Generator<Keyed> {
    for (const runs = this.#runs; runs.current !== undefined; runs.advance()) {
      if (isUndated(runs.current)) yield* this.#byArrival()
      else if (runs.goesOn && overlaps(runs.current.last, (runs.following as Run).first)) yield* this.#sortedAgain()
      else yield* this.#recordsOf(runs.current)
    }
  }

  *#recordsOf(run: Run): Generator<Keyed> {
    this.#reader.open(run, this.#whoseIs(run))
    for (let record = this.#reader.next(); record !== undefined; record = this.#reader.next()) {
      this.count++
      yield record
    }
  }

  /** Runs that overlap each other, directly or by others between. */
  *#sortedAgain(): Generator<Keyed> {
    const runs = this.#runs
    const sorter = new Sorter(this.#sorters)
    let run = runs.current as Run
    let { last } = run
    this.#sort(sorter, run)
    while (runs.goesOn && overlaps(last, (runs.following as Run).first)) {
      runs.advance()
      run = runs.current as Run
      if (!overlaps(last, run.last)) last = run.last
      this.#sort(sorter, run)
    }
    yield* sorter.sorted()
  }

  #sort(sorter: Sorter, run: Run) {
    for (const record of this.#recordsOf(run)) sorter.add(record, this.#reader.line)
  }

  /** Records of which the first ones have no time: they get one from those that arrived before them. */
  *#byArrival(): Generator<Keyed> {
    const runs = this.#runs
    const arrived = new Sorter(`${this.#sorters}-arrived`)
    for (let more = true; more; ) {
      for (const record of this.#recordsOf(runs.current as Run)) {
        arrived.add({ ...record, key: record.arrival }, this.#reader.line)
      }
      more = runs.goesOn
      if (more) runs.advance()
    }
    const sorter = new Sorter(this.#sorters)
    const map = mapper()
    for (const { record, line } of arrived.withLines()) {
      this.#alive()
      sorter.add(map(record.chunk, record.arrival), line)
    }
    yield* sorter.sorted()
  }

  #whoseIs({ answer }: Run) {
    if (!answer.equals(this.#answer)) {
      this.#answer = Buffer.from(answer)
      this.#whose = readAnswerKey(answer)
    }
    return this.#whose
  }
}
