/** Only so many are kept; all are counted. */
const findingsMax = 1000

/** What was compared with what. */
export type Check = 'files' | 'log' | 'originals'

/** Something that is not as it should be, and whose name it bears. */
export interface Finding {
  readonly check: Check
  readonly name: string
  readonly problem: string
}

/** Names with their count; of very many only the first are kept. */
export class Names {
  readonly first: string[] = []
  count = 0

  add(name: string): void {
    this.count++
    if (this.first.length < findingsMax) this.first.push(name)
  }
}

export class Findings {
  readonly first: Finding[] = []
  readonly counts: Record<Check, number> = { files: 0, log: 0, originals: 0 }

  add(check: Check, name: string, problem: string): void {
    this.counts[check]++
    if (this.first.length < findingsMax) this.first.push({ check, name, problem })
  }

  get count(): number {
    return this.counts.files + this.counts.log + this.counts.originals
  }
}
