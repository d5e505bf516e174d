import { Rows } from '../warehouse/rows.ts'
import type { ClusterRow, Ending, Opening, Rejected } from '../warehouse/warehouse.ts'
import type { Answer } from './answers.ts'

/** A record whose number has come before: a repeat or a conflict, as the text that is stored will show. */
export interface Suspect {
  readonly answer: Answer
  readonly agent_id: string | undefined
  readonly seq: number
  readonly micros: number
  /** As it came, with halves of surrogate pairs. */
  readonly text: string
  readonly extra: string | undefined
  readonly ending: Ending | undefined
  readonly partition: string
  readonly offset: number
  readonly line: Uint8Array
}

let nextBatch = 0

/** What was read since the last commit, and goes into the next one. */
export class Gathered {
  readonly rows = new Rows()
  /** A number that no other batch had. */
  batch = nextBatch++
  openings: Opening[] = []
  endings: Ending[] = []
  rejected: Rejected[] = []
  suspects: Suspect[] = []
  clusters: ClusterRow[] = []
  fill: { model: number; clusterOf: Int32Array } | undefined
  records = 0
  malformed = 0
  /** Of lines that are kept as they came. */
  keptBytes = 0

  get isEmpty(): boolean {
    return this.records === 0 && this.clusters.length === 0
  }

  /** Gives the rows that wait for the first model what `fill` has for them. */
  fillRows(): void {
    const { rows, fill } = this
    if (fill === undefined) return
    for (let row = 0; row < rows.length; row++) {
      const window = rows.waitsFor[row]
      if (window < 0) continue
      rows.cluster[row] = fill.clusterOf[window]
      rows.model[row] = fill.model
      rows.waitsFor[row] = -1
    }
  }

  clear(): void {
    this.batch = nextBatch++
    this.rows.clear()
    this.openings = []
    this.endings = []
    this.rejected = []
    this.suspects = []
    this.clusters = []
    this.fill = undefined
    this.records = this.malformed = this.keptBytes = 0
  }
}
