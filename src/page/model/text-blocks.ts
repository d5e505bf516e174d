/** A long text in pieces that a page can draw one by one. Joined they are the text. Counts are UTF-16 units. */
const blockUnitsMax = 4096
const blockLinesMax = 64

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00

/** Where a block that begins at `from` ends: behind its last line, or word, or at least between two characters. */
const blockEnd = (text: string, from: number): number => {
  let end = from
  for (let lines = 0; lines < blockLinesMax; lines++) {
    const next = text.indexOf('\n', end) + 1
    if (next === 0 || next - from > blockUnitsMax) break
    end = next
  }
  if (end > from) return end
  if (text.length - from <= blockUnitsMax) return text.length
  const space = text.lastIndexOf(' ', from + blockUnitsMax - 1) + 1
  if (space > from) return space
  const cut = from + blockUnitsMax
  return isHighSurrogate(text.charCodeAt(cut - 1)) ? cut - 1 : cut
}

const linesIn = (text: string) => {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

const isFull = (text: string) => text.length >= blockUnitsMax || linesIn(text) >= blockLinesMax

export class TextBlocks {
  /** Unit at which each block begins. */
  readonly starts: number[] = []
  readonly texts: string[] = []
  #units = 0

  get units(): number {
    return this.#units
  }

  /** The last block is open: it grows until it is full. */
  append(more: string): void {
    if (more === '') return
    let text = more
    let at = this.#units
    this.#units += more.length
    if (this.texts.length > 0 && !isFull(this.texts.at(-1)!)) {
      text = this.texts.pop()! + more
      at = this.starts.pop()!
    }
    for (let from = 0; from < text.length; ) {
      const end = blockEnd(text, from)
      this.starts.push(at + from)
      this.texts.push(text.slice(from, end))
      from = end
    }
  }

  clear(): void {
    this.starts.length = 0
    this.texts.length = 0
    this.#units = 0
  }

  /** The block that holds a unit; the last one for those behind the end, -1 for an empty text. */
  blockAt(unit: number): number {
    let low = 0
    let high = this.starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.starts[middle] <= unit) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** What of a block is shown of a text that ends at `end`. */
  textUntil(block: number, end: number): string {
    const text = this.texts[block]
    const units = end - this.starts[block]
    return units >= text.length ? text : text.slice(0, Math.max(0, units))
  }

  slice(from: number, to: number): string {
    let text = ''
    for (let block = Math.max(0, this.blockAt(from)); block < this.texts.length && this.starts[block] < to; block++) {
      const start = this.starts[block]
      text += this.texts[block].slice(Math.max(0, from - start), to - start)
    }
    return text
  }
}
