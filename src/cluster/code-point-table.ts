const pageBits = 8
const pageLength = 1 << pageBits
const codePoints = 0x110000

/** A function of code points, worked out one page at a time when first asked for. At most 4.5 MB; pages of one value share theirs. */
export class CodePointTable {
  readonly #at: (codePoint: number) => number
  readonly #pages: (Int32Array | undefined)[] = new Array(codePoints >> pageBits).fill(undefined)
  readonly #uniform = new Map<number, Int32Array>()

  constructor(at: (codePoint: number) => number) {
    this.#at = at
  }

  of(codePoint: number): number {
    return (this.#pages[codePoint >>> pageBits] ?? this.#workOut(codePoint >>> pageBits))[codePoint & (pageLength - 1)]
  }

  #workOut(number: number): Int32Array {
    const page = Int32Array.from({ length: pageLength }, (_, i) => this.#at(number * pageLength + i))
    this.#pages[number] = page.every(value => value === page[0]) ? this.#shared(page) : page
    return this.#pages[number]
  }

  #shared(page: Int32Array): Int32Array {
    if (!this.#uniform.has(page[0])) this.#uniform.set(page[0], page)
    return this.#uniform.get(page[0])!
  }
}
