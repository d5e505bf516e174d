/** The code of what is thrown in a thread that waits for another one that failed; the other one's error is the one that is told. */
export const stoppedCode = 'STOPPED'

const stopped = () => Object.assign(new Error('another thread failed'), { code: stoppedCode })

const stopSlot = 0
const turnSlot = 1
const claimSlot = 2
const arriveSlot = 8
const memberSlot = 9
const closedBit = 1 << 20
const slots = 16

/**
 * How threads take work and wait for one another, over shared memory: work is claimed by number, and what must happen in
 * the order of the slices happens in turns.
 */
export class Turns {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
  }

  static memory = (): SharedArrayBuffer => new SharedArrayBuffer(slots * 4)

  /** The next number of the given kind of work, from 0; each is given to one thread. */
  claim(kind: 0 | 1 | 2 | 3): number {
    return Atomics.add(this.#words, claimSlot + kind, 1)
  }

  /** How many of a kind have been claimed. */
  claimed(kind: 0 | 1 | 2 | 3): number {
    return Atomics.load(this.#words, claimSlot + kind)
  }

  /** Waits until all numbers before this one have had their turn. */
  await(turn: number): void {
    for (let at = Atomics.load(this.#words, turnSlot); at !== turn; at = Atomics.load(this.#words, turnSlot)) {
      this.#check()
      Atomics.wait(this.#words, turnSlot, at)
    }
    this.#check()
  }

  pass(turn: number): void {
    Atomics.store(this.#words, turnSlot, turn + 1)
    Atomics.notify(this.#words, turnSlot)
  }

  /**
   * Takes part from now on; false if it is too late for that. A thread that starts late, or never, is not waited for:
   * while this one works, nobody could tell.
   */
  enter(): boolean {
    for (let now = Atomics.load(this.#words, memberSlot); (now & closedBit) === 0; ) {
      const before = Atomics.compareExchange(this.#words, memberSlot, now, now + 1)
      if (before === now) return true
      now = before
    }
    return false
  }

  /** Waits until all who take part have come here; from now on nobody else may. */
  meet(): void {
    const members = Atomics.or(this.#words, memberSlot, closedBit) & ~closedBit
    Atomics.add(this.#words, arriveSlot, 1)
    Atomics.notify(this.#words, arriveSlot)
    for (;;) {
      const come = Atomics.load(this.#words, arriveSlot)
      this.#check()
      if (come >= members) return
      Atomics.wait(this.#words, arriveSlot, come)
    }
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, stopSlot) !== 0
  }

  /** Whoever waits, now or later, gets an error of `stoppedCode`. */
  stop(): void {
    Atomics.store(this.#words, stopSlot, 1)
    for (const slot of [turnSlot, arriveSlot]) {
      Atomics.add(this.#words, slot, 1 << 24)
      Atomics.notify(this.#words, slot)
    }
  }

  #check() {
    if (this.stopped) throw stopped()
  }
}

/** A phase's share of one thread, or `nothing` if it came too late. Should it fail, no other thread waits for it. */
export const together = <Result>(turns: Turns, nothing: () => Result, work: () => Result): Result => {
  if (!turns.enter()) return nothing()
  try {
    return work()
  } catch (thrown) {
    turns.stop()
    throw thrown
  }
}
