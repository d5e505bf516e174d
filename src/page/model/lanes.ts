import type { Flow, LaneChange } from '../../web/api.ts'

/** Characters of a lane's text that stay to be looked at. */
const tailUnitsMax = 900
/** Lanes that are kept; those that ended first make room. */
const lanesMax = 240
/** The strip of a lane: how much came in each of these steps, the latest last. */
export const stripCells = 60
const cellMicros = 500_000
/** A rate is taken over so many full cells. */
const rateCells = 6
const secondsPerCell = cellMicros / 1e6
/** So many points of the whole flow are kept, one a second. */
const pulsesMax = 130

export type LaneState = 'writing' | 'stalled' | 'ended'

export interface Lane {
  readonly key: string
  readonly agent: string
  readonly uri: string
  readonly born: number
  tail: string
  chunks: number
  characters: number
  firstChunkSeconds: number | null
  state: LaneState
  reason: string | undefined
  endedAt: number | undefined
  /** When something last came, by the server's clock. */
  heard: number
  readonly strip: Float64Array
  /** The number of the cell that is the strip's last. */
  cell: number
  /** Units of text so far: what of `tail` is new to somebody can be told by it. */
  written: number
}

export interface Pulse {
  readonly time: number
  readonly charactersPerSecond: number
  readonly chunksPerSecond: number
}

const tailOf = (text: string) => (text.length <= tailUnitsMax ? text : text.slice(-tailUnitsMax))

const newLane = ({ lane, agent, uri }: LaneChange, now: number): Lane => ({
  key: lane,
  agent,
  uri,
  born: now,
  tail: '',
  chunks: 0,
  characters: 0,
  firstChunkSeconds: null,
  state: 'writing',
  reason: undefined,
  endedAt: undefined,
  heard: now,
  strip: new Float64Array(stripCells),
  cell: Math.floor(now / cellMicros),
  written: 0,
})

/** Moves the strip on to the cell of `now`; what it moved over is empty. */
const advance = (lane: Lane, now: number) => {
  const cell = Math.floor(now / cellMicros)
  const steps = Math.min(stripCells, cell - lane.cell)
  if (steps <= 0) return
  lane.strip.copyWithin(0, steps)
  lane.strip.fill(0, stripCells - steps)
  lane.cell = cell
}

/** Characters per second, over the last full cells. */
export const rateOf = (lane: Lane): number => {
  const full = lane.strip.subarray(stripCells - 1 - rateCells, stripCells - 1)
  const cells = Math.max(1, Math.min(rateCells, lane.cell - Math.floor(lane.born / cellMicros)))
  return full.reduce((sum, n) => sum + n, 0) / (cells * secondsPerCell)
}

const never = Number.MAX_SAFE_INTEGER
const endOf = ({ endedAt = never }: Lane) => endedAt

/** What flows, as this reader saw it. Each answer is a lane. */
export class Lanes {
  readonly lanes = new Map<string, Lane>()
  readonly pulses: Pulse[] = []
  now = 0
  chunksPerSecond = 0
  charactersPerSecond = 0
  dropped = 0
  #isFirst = true

  apply(flow: Flow): void {
    this.now = flow.now
    this.chunksPerSecond = flow.chunksPerSecond
    this.charactersPerSecond = flow.charactersPerSecond
    this.dropped = flow.dropped
    for (const change of flow.lanes) this.#change(change)
    this.#isFirst = false
    const stalled = new Set(flow.stalled)
    for (const lane of this.lanes.values()) {
      advance(lane, this.now)
      if (lane.state !== 'ended') lane.state = stalled.has(lane.key) ? 'stalled' : 'writing'
    }
    this.#pulse()
    this.#makeRoom()
  }

  /** The next flow has the end of each text, as the first one of a connection does. */
  beginAnew(): void {
    this.#isFirst = true
  }

  #change(change: LaneChange) {
    let lane = this.lanes.get(change.lane)
    if (lane === undefined) {
      lane = newLane(change, this.now)
      this.lanes.set(change.lane, lane)
    }
    advance(lane, this.now)
    this.#append(lane, change.text)
    lane.chunks += change.chunks
    lane.characters += change.characters
    lane.strip[stripCells - 1] += change.characters
    lane.firstChunkSeconds = change.firstChunkSeconds ?? lane.firstChunkSeconds
    lane.heard = this.now
    if (change.ended === undefined) return
    lane.state = 'ended'
    lane.reason = change.ended
    lane.endedAt = this.now
  }

  /** A connection begins with the end of each text: nothing of what was shown before goes on. */
  #append(lane: Lane, text: string) {
    lane.tail = tailOf(this.#isFirst ? text : lane.tail + text)
    lane.written += this.#isFirst ? tailUnitsMax + text.length : text.length
  }

  #pulse() {
    const last = this.pulses.at(-1)
    if (last !== undefined && this.now - last.time < 1e6) return
    const { now: time, charactersPerSecond, chunksPerSecond } = this
    this.pulses.push({ time, charactersPerSecond, chunksPerSecond })
    if (this.pulses.length > pulsesMax) this.pulses.shift()
  }

  #makeRoom() {
    if (this.lanes.size <= lanesMax) return
    const byEnd = [...this.lanes.values()].sort((a, b) => endOf(a) - endOf(b) || a.heard - b.heard)
    for (const { key } of byEnd.slice(0, this.lanes.size - lanesMax)) this.lanes.delete(key)
  }
}

/** Those that write stay where they are; those that ended stand behind them, the latest first. */
export const inOrder = (lanes: Iterable<Lane>): Lane[] =>
  [...lanes].sort((a, b) => {
    if (a.endedAt !== undefined && b.endedAt !== undefined) return b.endedAt - a.endedAt
    if (a.endedAt !== undefined || b.endedAt !== undefined) return a.endedAt === undefined ? -1 : 1
    return a.born - b.born || (a.key < b.key ? -1 : 1)
  })
