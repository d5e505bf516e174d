import { compareUtf8 } from '../std/bytes.ts'
import type { Flow, LaneChange } from '../web/api.ts'

/** Those that were silent for longest are left out. */
const lanesMax = 1_000
const tailUnitsMax = 400

export interface TopLane {
  readonly lane: string
  readonly agent: string
  readonly uri: string
  chunksPerSecond: number
  charactersPerSecond: number
  firstChunkSeconds: number | null
  state: 'writing' | 'stalled' | string
  text: string
  /** Since the last step. */
  chunks: number
  characters: number
}

/** The streams of `/live`, and how fast each was in the last second. */
export class TopLanes {
  readonly #lanes = new Map<string, TopLane>()
  #stalled = new Set<string>()

  take({ lanes, stalled }: Flow): void {
    for (const change of lanes) this.#change(change)
    this.#stalled = new Set(stalled)
    for (const name of this.#lanes.keys()) {
      if (this.#lanes.size <= lanesMax) return
      this.#lanes.delete(name)
    }
  }

  /** So many seconds have passed since the last one: rates are of this time. */
  step(seconds: number): TopLane[] {
    for (const lane of this.#lanes.values()) {
      lane.chunksPerSecond = Math.round(lane.chunks / seconds)
      lane.charactersPerSecond = Math.round(lane.characters / seconds)
      lane.chunks = lane.characters = 0
      if (!hasEnded(lane)) lane.state = this.#stalled.has(lane.lane) ? 'stalled' : 'writing'
    }
    return [...this.#lanes.values()].sort(inOrder)
  }

  #change({ lane, agent, uri, text, chunks, characters, firstChunkSeconds, ended }: LaneChange) {
    const known = this.#lanes.get(lane) ?? newLane(lane, agent, uri)
    known.text = (known.text + text).slice(-tailUnitsMax)
    known.chunks += chunks
    known.characters += characters
    known.firstChunkSeconds = firstChunkSeconds
    known.state = ended ?? 'writing'
    this.#lanes.delete(lane)
    this.#lanes.set(lane, known)
  }
}

const hasEnded = ({ state }: TopLane) => state !== 'writing' && state !== 'stalled'

/** The same from look to look, whoever wrote last. */
const inOrder = (a: TopLane, b: TopLane) =>
  Number(hasEnded(a)) - Number(hasEnded(b)) || compareUtf8(a.agent, b.agent) || compareUtf8(a.uri, b.uri)

const newLane = (lane: string, agent: string, uri: string): TopLane => ({
  lane,
  agent,
  uri,
  chunksPerSecond: 0,
  charactersPerSecond: 0,
  firstChunkSeconds: null,
  state: 'writing',
  text: '',
  chunks: 0,
  characters: 0,
})
