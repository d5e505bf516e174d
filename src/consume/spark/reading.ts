import { answerKey } from '../../chunk/answer-key.ts'
import type { Batch } from '../../topic/topic.ts'
import { Answers } from '../answers.ts'
import { Gathered } from '../gathered.ts'
import { Intake, isFull } from '../intake.ts'
import { joinHead, type Memory, splitHead } from '../kept.ts'
import { judgeSuspects, type Verdicts } from '../suspects.ts'
import { Voices } from '../voices.ts'
import type { Glance } from './hard-lines.ts'
import type { Known, KnownEntry } from './known.ts'
import { type AnswerName, Lookup, type StoredRun } from './lookup.ts'
import type { Stage } from './stage.ts'
import { columnsOfEndings, columnsOfOpenings, columnsOfRejected, columnsOfRows } from './staged-rows.ts'
import type { State } from './state.ts'
import { isPlainRun, type Summary } from './summary.ts'
import type { Tools } from './tools.ts'
import { windowless, wordless } from './wordless.ts'

/** Of answers in `Answers`. */
const prefix = 'a/'

const nothing = Buffer.alloc(0)

const seenIn = (runs: readonly StoredRun[]) =>
  runs.toSorted((a, b) => a.from - b.from).flatMap(({ from, to }) => [from, to])

/** What is known of answers when a batch begins: from the state, or looked up in the tables. */
class KnownMemory implements Memory {
  readonly #state: State
  readonly #found: ReadonlyMap<string, Known>

  constructor(state: State, found: readonly StoredRun[]) {
    this.#state = state
    const known = Map.groupBy(found, of => answerKey(of.destination_uri, of.response_id))
    this.#found = new Map([...known].map(([key, runs]) => [key, { seen: seenIn(runs) }]))
  }

  recall(key: string): Uint8Array | undefined {
    const name = key.slice(prefix.length)
    const known = this.#state.known.of(name) ?? this.#found.get(name)
    return known && joinHead(known, nothing)
  }

  recallAll(): Iterable<readonly [string, Uint8Array]> {
    return []
  }
}

export interface ReadCounts extends Verdicts {
  records: number
  rows: number
  malformed: number
}

/** Reads what is hard of one batch, as `consume` reads everything, and knows which numbers of which answers have come. */
export class Reading {
  readonly #stage: Stage
  readonly #lookup: Lookup
  readonly #answers: Answers
  readonly #voices: Voices
  readonly #intake: Intake
  readonly #gathered = new Gathered()
  readonly counts: ReadCounts = { records: 0, rows: 0, malformed: 0, repeats: 0, conflicts: 0 }
  #slices = 0

  private constructor(stage: Stage, lookup: Lookup, memory: Memory) {
    this.#stage = stage
    this.#lookup = lookup
    this.#answers = new Answers(wordless, memory)
    this.#voices = new Voices(this.#answers)
    this.#intake = new Intake(this.#answers, this.#voices, windowless)
  }

  /** Looks up what was forgotten of the answers that are about to go on. */
  static async begin(tools: Tools, state: State, stage: Stage, answers: Iterable<AnswerName>): Promise<Reading> {
    const lookup = new Lookup(tools)
    const forgotten = [...answers].filter(
      of => of.response_id !== '' && state.known.mayBeForgotten(answerKey(of.destination_uri, of.response_id)),
    )
    return new Reading(stage, lookup, new KnownMemory(state, await lookup.runs(forgotten)))
  }

  /** Those whose plain lines must be read here, with the hard ones; the others' numbers count as seen from now on. */
  sort(summaries: ReadonlyMap<string, Summary>, { keys }: Glance): Summary[] {
    const mixed: Summary[] = []
    for (const summary of summaries.values()) {
      const { destination_uri, response_id, first, last } = summary
      const answer = this.#answers.of(destination_uri, response_id)
      const isMixed =
        keys.has(summary.key) || answer.carry !== 0 || !isPlainRun(summary) || answer.seen.overlaps(first, last + 1)
      if (isMixed) mixed.push(summary)
      else if (first <= last) {
        answer.seen.addRun(first, last + 1)
        this.#answers.touch(answer)
      }
    }
    return mixed
  }

  async take(batches: AsyncIterable<Batch>): Promise<void> {
    for await (const batch of batches) {
      for (let at = 0; at < batch.entries.length; ) {
        at = this.#intake.take(batch, at, this.#gathered)
        if (isFull(this.#gathered)) await this.#write()
      }
    }
    await this.#write()
  }

  /** Where the rows lie that were read here, by URL. */
  get slices(): readonly string[] {
    return Array.from({ length: this.#slices }, (_, slice) => this.#stage.url('read', slice))
  }

  /** All that changed. */
  changes(): KnownEntry[] {
    const saved = new Map<string, Uint8Array | null>()
    this.#answers.save(saved)
    return [...saved].map(([key, value]) => [key.slice(prefix.length), splitHead(value!).head as Known])
  }

  async #write(): Promise<void> {
    const gathered = this.#gathered
    if (gathered.records === 0) return
    await judgeSuspects(gathered, this.#lookup, this.counts)
    const { rows, openings, endings, rejected, records, malformed } = gathered
    if (rows.length > 0) {
      const slice = this.#slices++
      await this.#stage.writeLocal(columnsOfRows(rows), 'read', slice)
      this.#lookup.add(this.#stage.url('read', slice))
    }
    const part = this.counts.records
    await this.#stage.writeLocal(columnsOfOpenings(openings), 'openings', part)
    await this.#stage.writeLocal(columnsOfEndings(endings), 'endings', part)
    await this.#stage.writeLocal(columnsOfRejected(rejected), 'rejected', part)
    this.counts.records += records
    this.counts.rows += rows.length
    this.counts.malformed += malformed
    gathered.clear()
    this.#voices.clear()
  }
}
