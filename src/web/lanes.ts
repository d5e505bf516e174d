import { createHash } from 'node:crypto'
import { answerKey } from '../chunk/answer-key.ts'
import type { Flow, LaneChange } from './api.ts'
import type { Answer } from './catalog.ts'
import { textOfBody } from './measure.ts'
import { Rate } from './rate.ts'

/** Of a lane's text, in one flow, and to begin with. UTF-16 units. */
export const laneTextMax = 2_000
/** In one flow; the others are in the next one. */
const changesMax = 256
/** Those that were silent for longest are left out. */
const lanesMax = 4_096
/** An open answer without a record for so long is stalled, … */
const stalledMsMin = 5_000
/** … and after so long nobody waits for it any more. */
const openMsMax = 600_000
const endedMsMax = 30_000
const stalledMax = 256

interface Lane {
  readonly answer: Answer
  readonly name: string
  /** Since the last flow. */
  text: string
  chunks: number
  characters: number
  time: number
  /** The end of all of its text. */
  tail: string
  atMs: number
}

/** A record's text, until its batch is over. */
interface Piece {
  readonly lane: Lane
  readonly text: string | undefined
  readonly line: Buffer
  readonly from: number
  readonly to: number
}

const nothing = Buffer.alloc(0)

const nameOf = ({ document, id }: Answer) =>
  createHash('sha256').update(answerKey(document.uri, id)).digest('hex').slice(0, 16)

/** The last texts of a batch, the latest first. */
interface Came {
  readonly texts: string[]
  units: number
}

const addPiece = (came: ReadonlyMap<Lane, Came>, { lane, text, line, from, to }: Piece) => {
  const of = came.get(lane)!
  if (of.units >= laneTextMax) return
  const piece = text ?? textOfBody(line, from, to)
  of.texts.push(piece)
  of.units += piece.length
}

/** Cuts no character in two. */
const endOf = (text: string): string => {
  if (text.length <= laneTextMax) return text
  const end = text.slice(-laneTextMax)
  return (end.charCodeAt(0) & 0xfc00) === 0xdc00 ? end.slice(1) : end
}

const firstChunkSeconds = ({ requested, firstText }: Answer): number | null =>
  Number.isNaN(requested) || Number.isNaN(firstText) ? null : (firstText - requested) / 1e6

const changeOf = ({ answer, name, text, chunks, characters, time }: Lane): LaneChange => ({
  lane: name,
  agent: answer.agent,
  uri: answer.document.uri,
  text,
  chunks,
  characters,
  time: Number.isNaN(time) ? null : time,
  firstChunkSeconds: firstChunkSeconds(answer),
  ...(answer.ended !== undefined && { ended: answer.ended }),
})

/** What is being written now, a lane for each answer. */
export class Lanes {
  readonly chunkRate = new Rate()
  readonly characterRate = new Rate()
  /** The newest record of the last batch, in microseconds by its own clock. */
  newest = Number.NaN
  readonly #lanes = new Map<Answer, Lane>()
  readonly #changed = new Set<Lane>()
  /** In this batch. */
  readonly #touched = new Set<Lane>()
  readonly #pieces: Piece[] = []
  #batchChunks = 0
  #batchCharacters = 0

  get count(): number {
    return this.#lanes.size
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0
  }

  takeBody(answer: Answer, characters: number, micros: number, line: Buffer, from: number, to: number): void {
    const lane = this.#count(answer, characters, micros)
    this.#pieces.push({ lane, text: undefined, line, from, to })
  }

  takeText(answer: Answer, characters: number, micros: number, text: string): void {
    const lane = this.#count(answer, characters, micros)
    this.#pieces.push({ lane, text, line: nothing, from: 0, to: 0 })
  }

  #count(answer: Answer, characters: number, micros: number): Lane {
    const lane = this.#lanes.get(answer) ?? this.#begin(answer)
    this.#changed.add(lane)
    this.#touched.add(lane)
    lane.characters += characters
    if (characters > 0 || answer.ended === undefined) {
      lane.chunks++
      this.#batchChunks++
    }
    this.#batchCharacters += characters
    if (!Number.isNaN(micros)) lane.time = this.newest = micros
    return lane
  }

  #begin(answer: Answer): Lane {
    const time = Number.NaN
    const lane = { answer, name: nameOf(answer), text: '', chunks: 0, characters: 0, time, tail: '', atMs: 0 }
    this.#lanes.set(answer, lane)
    return lane
  }

  /** Only the end of what came is looked at: backwards, until each lane has enough. */
  endBatch(nowMs: number): void {
    const came = new Map<Lane, Came>()
    for (const lane of this.#touched) came.set(lane, { texts: [], units: 0 })
    this.#touched.clear()
    for (let at = this.#pieces.length - 1; at >= 0; at--) addPiece(came, this.#pieces[at])
    for (const [lane, { texts }] of came) this.#append(lane, texts.reverse().join(''), nowMs)
    this.#pieces.length = 0
    this.chunkRate.add(this.#batchChunks, nowMs)
    this.characterRate.add(this.#batchCharacters, nowMs)
    this.#batchChunks = this.#batchCharacters = 0
  }

  #append(lane: Lane, text: string, nowMs: number) {
    lane.text = endOf(lane.text + text)
    lane.tail = endOf(lane.tail + text)
    lane.atMs = nowMs
    this.#lanes.delete(lane.answer)
    this.#lanes.set(lane.answer, lane)
  }

  /** What came since the last call, without `dropped`, which differs from reader to reader. */
  flow(nowMs: number): Omit<Flow, 'dropped'> {
    const changed = [...this.#changed].slice(0, changesMax)
    const lanes = changed.map(changeOf)
    for (const lane of changed) {
      this.#changed.delete(lane)
      lane.text = ''
      lane.chunks = lane.characters = 0
    }
    this.#forget(nowMs)
    return this.#flowOf(lanes, nowMs)
  }

  /** To begin with: all lanes, with the end of their text. What came since the last flow is left out, as it is in the next one. */
  start(nowMs: number): Omit<Flow, 'dropped'> {
    const lanes = [...this.#lanes.values()].slice(-changesMax)
    const changes = lanes.map(lane => ({
      ...changeOf(lane),
      text: lane.tail.slice(0, Math.max(0, lane.tail.length - lane.text.length)),
      chunks: 0,
      characters: 0,
    }))
    return this.#flowOf(changes, nowMs)
  }

  stalled(nowMs: number): string[] {
    const isStalled = ({ answer, atMs }: Lane) =>
      answer.numbered > 0 && answer.ended === undefined && nowMs - atMs >= stalledMsMin
    return [...this.#lanes.values()]
      .filter(isStalled)
      .map(({ name }) => name)
      .slice(-stalledMax)
  }

  #flowOf(lanes: LaneChange[], nowMs: number): Omit<Flow, 'dropped'> {
    return {
      now: Math.round(nowMs * 1000),
      lanes,
      stalled: this.stalled(nowMs),
      chunksPerSecond: this.chunkRate.perSecond(nowMs),
      charactersPerSecond: this.characterRate.perSecond(nowMs),
    }
  }

  /** Lanes lie in the order in which they last changed. */
  #forget(nowMs: number) {
    for (const [answer, lane] of this.#lanes) {
      const isOver = nowMs - lane.atMs > (answer.ended === undefined ? openMsMax : endedMsMax)
      if (this.#lanes.size > lanesMax || isOver) this.#lanes.delete(answer)
      else if (nowMs - lane.atMs < endedMsMax) return
    }
  }
}
