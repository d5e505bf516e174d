import type { Health } from '../../web/api.ts'

export interface Vital {
  readonly time: number
  readonly lag: number
  readonly charactersPerSecond: number
  readonly chunksPerSecond: number
}

/** Ten minutes at one every two seconds. */
const vitalsMax = 300

/** What health said lately, as long as this page was open. */
export class Vitals {
  readonly all: Vital[] = []

  add({ consume, charactersPerSecond, chunksPerSecond }: Health, time: number): void {
    this.all.push({ time, lag: consume.lag, charactersPerSecond, chunksPerSecond })
    if (this.all.length > vitalsMax) this.all.shift()
  }
}
