/** Sorts surrogates behind all other code units, so that comparing code units compares code points. */
const rank = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** Compares two well-formed strings as their UTF-8 bytes would compare, without encoding them. */
export const compareUtf8 = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** The same bytes, with Buffer's methods. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

type Numbers = Uint8Array | Int32Array | Uint32Array | Float64Array

/** A longer array that begins with the same numbers. */
export const grown = <T extends Numbers>(array: T, length: number): T => {
  const larger = new (array.constructor as new (length: number) => T)(length)
  larger.set(array)
  return larger
}
