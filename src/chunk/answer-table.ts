import { grown } from '../std/bytes.ts'

/** FNV-1a over the bytes, its high bits folded into the low ones that tables index by. */
export const hashBytes = (bytes: Buffer, from: number, to: number, seed = 0x811c9dc5 | 0): number => {
  let hash = seed
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  return hash ^ (hash >>> 15)
}

const firstCapacity = 1024

/**
 * Numbers answers, which are pairs of uri and `response_id` as UTF-8 bytes, in the order in which they are first seen.
 * An open-addressed hash table over one arena: nothing is allocated for an answer that is known.
 */
export class AnswerTable {
  count = 0
  #slots = new Int32Array(firstCapacity * 2).fill(-1)
  #hashes = new Int32Array(firstCapacity)
  /** Where in the arena an answer's uri begins; its id follows; the next answer's uri is where that ends. */
  #from = new Int32Array(firstCapacity + 1)
  #uriLengths = new Int32Array(firstCapacity)
  #arena = Buffer.allocUnsafe(64 * 1024)

  /** The number of the answer, which is made if there is none: then `count` has grown. */
  find(bytes: Buffer, uriFrom: number, uriTo: number, idBytes: Buffer, idFrom: number, idTo: number): number {
    const hash = hashBytes(idBytes, idFrom, idTo, hashBytes(bytes, uriFrom, uriTo))
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let answer = this.#slots[slot]; answer >= 0; answer = this.#slots[slot]) {
      if (this.#hashes[answer] === hash && this.#is(answer, bytes, uriFrom, uriTo, idBytes, idFrom, idTo)) return answer
      slot = (slot + 1) & mask
    }
    return this.#add(slot, hash, bytes, uriFrom, uriTo, idBytes, idFrom, idTo)
  }

  uriBytes(answer: number): Buffer {
    return this.#arena.subarray(this.#from[answer], this.#from[answer] + this.#uriLengths[answer])
  }

  idBytes(answer: number): Buffer {
    return this.#arena.subarray(this.#from[answer] + this.#uriLengths[answer], this.#from[answer + 1])
  }

  /** Forgets all; keeps the room. */
  clear(): void {
    this.count = 0
    this.#slots.fill(-1)
  }

  #is(
    answer: number,
    bytes: Buffer,
    uriFrom: number,
    uriTo: number,
    idBytes: Buffer,
    idFrom: number,
    idTo: number,
  ): boolean {
    const uriLength = uriTo - uriFrom
    const at = this.#from[answer]
    if (this.#uriLengths[answer] !== uriLength) return false
    if (this.#from[answer + 1] - at !== uriLength + idTo - idFrom) return false
    const arena = this.#arena
    for (let i = 0; i < uriLength; i++) if (arena[at + i] !== bytes[uriFrom + i]) return false
    const idAt = at + uriLength - idFrom
    for (let i = idFrom; i < idTo; i++) if (arena[idAt + i] !== idBytes[i]) return false
    return true
  }

  #add(
    slot: number,
    hash: number,
    bytes: Buffer,
    uriFrom: number,
    uriTo: number,
    idBytes: Buffer,
    idFrom: number,
    idTo: number,
  ): number {
    if (this.count === this.#hashes.length) {
      this.#grow()
      return this.find(bytes, uriFrom, uriTo, idBytes, idFrom, idTo)
    }
    const answer = this.count++
    const at = answer === 0 ? 0 : this.#from[answer]
    const to = at + uriTo - uriFrom + idTo - idFrom
    if (to > this.#arena.length) {
      const larger = Buffer.allocUnsafe(Math.max(to, this.#arena.length * 2))
      this.#arena.copy(larger)
      this.#arena = larger
    }
    bytes.copy(this.#arena, at, uriFrom, uriTo)
    idBytes.copy(this.#arena, at + uriTo - uriFrom, idFrom, idTo)
    this.#slots[slot] = answer
    this.#hashes[answer] = hash
    this.#from[answer] = at
    this.#from[answer + 1] = to
    this.#uriLengths[answer] = uriTo - uriFrom
    return answer
  }

  #grow() {
    const capacity = this.#hashes.length * 2
    this.#hashes = grown(this.#hashes, capacity)
    this.#uriLengths = grown(this.#uriLengths, capacity)
    this.#from = grown(this.#from, capacity + 1)
    this.#slots = new Int32Array(capacity * 2).fill(-1)
    const mask = this.#slots.length - 1
    for (let answer = 0; answer < this.count; answer++) {
      let slot = this.#hashes[answer] & mask
      while (this.#slots[slot] >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = answer
    }
  }
}
