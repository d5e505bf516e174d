import { closeSync, openSync, unlinkSync } from 'node:fs'
import { type Chunk, lineBytesMax } from '../chunk/chunk.ts'
import { decode } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { FileWriter } from './files.ts'
import { linesOf } from './lines.ts'
import { compare, type Keyed } from './map.ts'

const sortBytesMax = 16 * 1024 * 1024
const mergeRunsMax = 32
const runBufferBytes = 128 * 1024
const runLineBytesMax = lineBytesMax + 256

interface Held {
  readonly record: Keyed
  readonly line: Buffer
}

/** A run's line: the key that cannot be told from the record alone, a tab each, then the record's own line. */
const runLine = ({ bySeq, key, arrival }: Keyed, line: Buffer) => [Buffer.from(`${bySeq}\t${key}\t${arrival}\t`), line]

const parseRunLine = (bytes: Buffer): Held => {
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

function* readRun(path: string): Generator<Held> {
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
function* mergeRuns(paths: readonly string[]): Generator<Held> {
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
  #held: Held[] = []
  #heldBytes = 0
  #runs: string[] = []
  #made = 0

  /** Runs are files whose names begin with `path`. */
  constructor(path: string) {
    this.#path = path
  }

  /** `line` is the record's own, without line end; it is copied. */
  add(record: Keyed, line: Buffer): void {
    this.#held.push({ record, line: Buffer.from(line) })
    this.#heldBytes += line.length
    if (this.#heldBytes > sortBytesMax) this.#spill()
  }

  /** All records in order, once. */
  *sorted(): Generator<Keyed> {
    if (this.#runs.length > 0) this.#spill()
    while (this.#runs.length > mergeRunsMax) {
      this.#runs.push(this.#write(mergeRuns(this.#runs.splice(0, mergeRunsMax))))
    }
    for (const { record } of this.#runs.length > 0 ? mergeRuns(this.#runs) : this.#sortHeld()) yield record
    this.#held = []
  }

  #sortHeld() {
    return this.#held.sort((a, b) => compare(a.record, b.record))
  }

  #spill() {
    this.#runs.push(this.#write(this.#sortHeld()))
    this.#held = []
    this.#heldBytes = 0
  }

  #write(sorted: Iterable<Held>): string {
    const path = `${this.#path}.run${this.#made++}`
    using file = new FileWriter(path)
    for (const { record, line } of sorted) {
      for (const bytes of runLine(record, line)) file.write(bytes)
      file.write(Buffer.of(0x0a))
    }
    return path
  }
}
