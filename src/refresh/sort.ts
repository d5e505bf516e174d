import { closeSync, openSync, unlinkSync } from 'node:fs'
import { type Chunk, lineBytesMax } from '../chunk/chunk.ts'
import { decode } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { FileWriter } from './files.ts'
import { linesOf } from './lines.ts'
import { compare, type Keyed } from './map.ts'

const sortBytesMax = 12 * 1024 * 1024
/** What is remembered of a record takes room too, however short its line is. */
const sortRecordsMax = 100_000
const mergeRunsMax = 32
const runBufferBytes = 128 * 1024
const runLineBytesMax = lineBytesMax + 256

/** A record that waits to be sorted: its key, and where its line lies; the record itself is made again when it is its turn. */
interface Held extends Omit<Keyed, 'chunk'> {
  readonly from: number
  readonly to: number
}

export interface Sorted {
  readonly record: Keyed
  readonly line: Buffer
}

const recordOf = (held: Omit<Keyed, 'chunk'>, line: Buffer): Keyed => {
  const { uri, responseId, bySeq, key, arrival, micros } = held
  return { chunk: decode(line) as Chunk, uri, responseId, bySeq, key, arrival, micros }
}

/** A run's line: the key that cannot be told from the record alone, a tab each, then the record's own line. */
const runLine = ({ bySeq, key, arrival }: Keyed, line: Buffer) => [Buffer.from(`${bySeq}\t${key}\t${arrival}\t`), line]

const parseRunLine = (bytes: Buffer): Sorted => {
  const tabs = [bytes.indexOf(9)]
  tabs.push(bytes.indexOf(9, tabs[0] + 1))
  tabs.push(bytes.indexOf(9, tabs[1] + 1))
  const [bySeq, key, arrival] = bytes.toString('latin1', 0, tabs[2]).split('\t')
  const line = Buffer.from(bytes.subarray(tabs[2] + 1))
  const chunk = decode(line) as Chunk
  const micros = chunk.event_time === undefined ? Number.NaN : microsOf(chunk.event_time)
  const uri = chunk.destination_uri
  const responseId = chunk.response_id ?? ''
  return {
    record: { chunk, uri, responseId, bySeq: bySeq === 'true', key: Number(key), arrival: Number(arrival), micros },
    line,
  }
}

function* readRun(path: string): Generator<Sorted> {
  const fd = openSync(path, 'r')
  try {
    for (const { bytes } of linesOf(fd, 0, Number.MAX_SAFE_INTEGER, runLineBytesMax, runBufferBytes))
      yield parseRunLine(bytes)
  } finally {
    closeSync(fd)
    unlinkSync(path)
  }
}

/** Merges sorted runs; few enough of them that picking the least by looking at all is cheap. */
function* mergeRuns(paths: readonly string[]): Generator<Sorted> {
  const runs = paths.map(readRun)
  const heads = runs.map(run => run.next())
  try {
    for (;;) {
      let least = -1
      for (let i = 0; i < heads.length; i++) {
        if (heads[i].done) continue
        if (least < 0 || compare(heads[i].value.record, heads[least].value.record) < 0) least = i
      }
      if (least < 0) return
      yield heads[least].value
      heads[least] = runs[least].next()
    }
  } finally {
    for (const run of runs) run.return(undefined)
  }
}

/** Sorts records by `compare`: in memory up to a limit, beyond it over sorted runs on the disk. */
export class Sorter {
  readonly #path: string
  #lines: Buffer = Buffer.alloc(0)
  #used = 0
  #held: Held[] = []
  #runs: string[] = []
  #made = 0

  /** Runs are files whose names begin with `path`. */
  constructor(path: string) {
    this.#path = path
  }

  /** `line` is the record's own, without line end; it is copied. */
  add({ uri, responseId, bySeq, key, arrival, micros }: Omit<Keyed, 'chunk'>, line: Buffer): void {
    if (this.#used + line.length > sortBytesMax || this.#held.length === sortRecordsMax) this.#spill()
    if (this.#used + line.length > this.#lines.length) this.#grow(this.#used + line.length)
    const from = this.#used
    this.#used += line.copy(this.#lines, from)
    const last = this.#held.at(-1)
    this.#held.push({
      uri: last?.uri === uri ? last.uri : uri,
      responseId: last?.responseId === responseId ? last.responseId : responseId,
      bySeq,
      key,
      arrival,
      micros,
      from,
      to: this.#used,
    })
  }

  /** All records in order, once. */
  *sorted(): Generator<Keyed> {
    for (const { record } of this.withLines()) yield record
  }

  /** As `sorted`, each with its line, which is valid until the next one. */
  *withLines(): Generator<Sorted> {
    if (this.#runs.length > 0) this.#spill()
    while (this.#runs.length > mergeRunsMax) {
      this.#runs.push(this.#write(mergeRuns(this.#runs.splice(0, mergeRunsMax))))
    }
    yield* this.#runs.length > 0 ? mergeRuns(this.#runs) : this.#sortHeld()
    this.#held = []
  }

  *#sortHeld(): Generator<Sorted> {
    for (const held of this.#held.sort(compare)) {
      const line = this.#lines.subarray(held.from, held.to)
      yield { record: recordOf(held, line), line }
    }
  }

  #grow(bytes: number) {
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(sortBytesMax, this.#lines.length * 2), 64 * 1024))
    this.#lines.copy(larger, 0, 0, this.#used)
    this.#lines = larger
  }

  #spill() {
    if (this.#held.length > 0) this.#runs.push(this.#write(this.#sortHeld()))
    this.#held = []
    this.#used = 0
  }

  #write(sorted: Iterable<Sorted>): string {
    const path = `${this.#path}.run${this.#made++}`
    using file = new FileWriter(path)
    for (const { record, line } of sorted) {
      for (const bytes of runLine(record, line)) file.write(bytes)
      file.write(Buffer.of(0x0a))
    }
    return path
  }
}
