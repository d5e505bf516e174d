/** The code point that begins at `at`, a byte from 0x80 up in well-formed UTF-8. */
export const codePointAt = (utf8: Uint8Array, at: number): number => {
  const lead = utf8[at]
  const second = utf8[at + 1] & 0x3f
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second
  const third = utf8[at + 2] & 0x3f
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (utf8[at + 3] & 0x3f)
}

/** How many bytes the code point takes whose first byte, from 0x80 up, is `lead`. */
export const bytesBy = (lead: number): number => (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)
