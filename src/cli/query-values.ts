import { asBuffer } from '../std/bytes.ts'
import type { Column } from '../warehouse/warehouse.ts'

const numberType = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|UINTEGER|BIGNUM|FLOAT|DOUBLE|DECIMAL\(.*\))$/

export const isNumber = ({ type }: Column): boolean => numberType.test(type)

const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/** What JSON has no form for: whole numbers keep all their digits, bytes are base64, what is no number is its name. */
const jsonForm = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return raw(String(value))
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Uint8Array) return asBuffer(value).toString('base64')
  return value
}

/** Controls beyond those that JSON escapes anyway, and marks that turn the direction of writing. */
const unsafe = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A value as JSON: exact, and safe to show. */
export const json = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value, jsonForm)
  return text.replace(unsafe, escaped)
}

/** Bytes as SQL shows them: printable ASCII as it is, others as `\xFF`. */
const bytesOf = (value: Uint8Array): string => {
  let text = ''
  for (const byte of value) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c
    text += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

/** A value that is there as text, exactly; nested ones as JSON. */
export const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return bytesOf(value)
  return typeof value === 'object' ? JSON.stringify(value, jsonForm) : String(value)
}
