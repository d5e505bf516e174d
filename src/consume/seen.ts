/** So many runs are told apart; beyond that the two nearest ones are taken for one. */
const runsMax = 64

/**
 * The numbers of one answer that have come, as runs `[from, to)`. Bounded: where an answer has more gaps than it can
 * tell apart, it takes some numbers for seen that never came. So what it takes for seen is only a suspicion, to be proven
 * by the text that is stored; what it calls new is new for certain.
 */
export class Seen {
  /** Flat and in order: from, to, from, to, … */
  #runs: number[]

  constructor(runs: readonly number[] = []) {
    this.#runs = [...runs]
  }

  /** The number behind the last one. */
  get end(): number {
    return this.#runs.at(-1) ?? 0
  }

  /** False if the number may have come before. */
  add(seq: number): boolean {
    const runs = this.#runs
    const last = runs.length - 1
    if (last > 0 && seq === runs[last]) {
      runs[last]++
      return true
    }
    return this.#insert(seq)
  }

  /** Whether any number of `[from, to)` may have come before. */
  overlaps(from: number, to: number): boolean {
    const runs = this.#runs
    for (let at = 0; at < runs.length; at += 2) if (runs[at] < to && from < runs[at + 1]) return true
    return false
  }

  /** Adds `[from, to)`, none of which has come before. */
  addRun(from: number, to: number): void {
    const runs = this.#runs
    let at = 0
    while (at < runs.length && runs[at + 1] < from) at += 2
    if (at === runs.length || to < runs[at]) runs.splice(at, 0, from, to)
    else if (to === runs[at]) runs[at] = from
    else {
      runs[at + 1] = to
      if (runs[at + 2] === to) runs.splice(at + 1, 2)
    }
    if (runs.length > runsMax * 2) this.#mergeNearest()
  }

  save(): readonly number[] {
    return this.#runs
  }

  #insert(seq: number): boolean {
    const runs = this.#runs
    let at = 0
    while (at < runs.length && runs[at + 1] < seq) at += 2
    if (at === runs.length || seq < runs[at] - 1) runs.splice(at, 0, seq, seq + 1)
    else if (seq === runs[at] - 1) runs[at]--
    else if (seq === runs[at + 1]) this.#extend(at)
    else return false
    if (runs.length > runsMax * 2) this.#mergeNearest()
    return true
  }

  /** One more at the end of the run; it may now touch the next one. */
  #extend(at: number) {
    const runs = this.#runs
    runs[at + 1]++
    if (runs[at + 2] === runs[at + 1]) runs.splice(at + 1, 2)
  }

  #mergeNearest() {
    const runs = this.#runs
    let nearest = 1
    for (let at = 3; at < runs.length - 1; at += 2) {
      if (runs[at + 1] - runs[at] < runs[nearest + 1] - runs[nearest]) nearest = at
    }
    runs.splice(nearest, 2)
  }
}
