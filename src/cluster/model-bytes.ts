import { crc32 } from 'node:zlib'
import { StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import type { RecipeName } from './cluster.ts'

/** All that makes a model. */
export interface ModelParts {
  readonly id: number
  readonly recipe: RecipeName
  readonly seed: number
  readonly windows: number
  readonly clusters: readonly number[]
  readonly labels: readonly string[]
  readonly nextNumber: number
  /** By term, then by centre: what the term adds to a window's score with the centre; rarity and projection are in it. */
  readonly table: Float32Array
  /** By centre: what a score begins with. */
  readonly bias: Float32Array
}

/*
 * A saved model, numbers lowest byte first:
 *   8 bytes      "tsmodel1", its last character the version
 *   u32          length of the head
 *   head         JSON, filled up with spaces to a multiple of four
 *   f32 × k      bias
 *   f32 × n × k  rows of those n terms that the table says anything of
 *   u16 × n      these terms, ascending
 *   u32          CRC-32 of all before it
 */
const version = 'tsmodel1'
const wordBytes = 4
const headAt = version.length + wordBytes
const dimensionsMax = 2 ** 16

interface Head extends Omit<ModelParts, 'table' | 'bias'> {
  readonly dimensions: number
  /** Those that have a row. */
  readonly terms: number
}

const damaged = (why: string): StreamError =>
  new StreamError(
    'cluster/model',
    `saved model: ${why}; was the warehouse written by another version, or by another program? consume into a new one`,
  )

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array | Uint32Array) =>
  Buffer.from(buffer, byteOffset, byteLength)

/** Terms whose row isn't all 0. */
const termsOf = (table: Float32Array, k: number): Uint16Array => {
  const terms: number[] = []
  for (let at = 0; at < table.length; at += k)
    if (table.subarray(at, at + k).some(value => value !== 0)) terms.push(at / k)
  return Uint16Array.from(terms)
}

const rowsOf = (table: Float32Array, k: number, terms: Uint16Array): Float32Array => {
  const rows = new Float32Array(terms.length * k)
  for (const [row, term] of terms.entries()) rows.set(table.subarray(term * k, (term + 1) * k), row * k)
  return rows
}

const headOf = (head: Head): Buffer => {
  const text = Buffer.from(JSON.stringify(head))
  return Buffer.concat([text, Buffer.alloc(-text.length & (wordBytes - 1), ' ')])
}

export const saveParts = ({ table, bias, ...about }: ModelParts): Uint8Array => {
  const k = about.clusters.length
  const terms = termsOf(table, k)
  const head = headOf({ ...about, dimensions: table.length / k, terms: terms.length })
  const all = Buffer.concat([
    Buffer.from(version),
    bytesOf(Uint32Array.of(head.length)),
    head,
    bytesOf(bias.subarray(0, k)),
    bytesOf(rowsOf(table, k, terms)),
    bytesOf(terms),
    Buffer.alloc(wordBytes),
  ])
  all.writeUInt32LE(crc32(all.subarray(0, -wordBytes)), all.length - wordBytes)
  return all
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const hasClusters = ({ clusters, labels }: Record<string, unknown>): boolean =>
  Array.isArray(clusters) &&
  clusters.length > 0 &&
  clusters.every(isCount) &&
  Array.isArray(labels) &&
  labels.length === clusters.length &&
  labels.every(label => typeof label === 'string')

const recipes: readonly unknown[] = ['text', 'classic'] satisfies RecipeName[]

const isHead = (value: unknown): value is Head => {
  if (typeof value !== 'object' || value === null) return false
  const head = value as Record<string, unknown>
  const { id, windows, nextNumber, dimensions, terms } = head
  if (![id, windows, nextNumber, dimensions, terms].every(isCount)) return false
  if ((dimensions as number) > dimensionsMax || (terms as number) > (dimensions as number)) return false
  return hasClusters(head) && Number.isFinite(head.seed) && recipes.includes(head.recipe)
}

const readHead = (bytes: Buffer): { head: Head; end: number } => {
  const end = headAt + bytes.readUInt32LE(version.length)
  const head = parseJson(bytes.toString('utf8', headAt, end))
  if (!isHead(head)) throw damaged('its head is none')
  return { head, end }
}

const checked = (saved: Uint8Array): Buffer => {
  const bytes = Buffer.from(saved)
  if (bytes.length < headAt + wordBytes) throw damaged(`${bytes.length} bytes are too few`)
  const found = bytes.toString('latin1', 0, version.length)
  if (found !== version) throw damaged(`it begins with ${JSON.stringify(found)}, not with "${version}"`)
  const digest = bytes.readUInt32LE(bytes.length - wordBytes)
  if (digest !== crc32(bytes.subarray(0, -wordBytes))) throw damaged('its digest does not fit')
  return bytes
}

const floats = (bytes: Buffer, from: number, length: number): Float32Array => {
  const column = new Float32Array(length)
  bytesOf(column).set(bytes.subarray(from, from + length * wordBytes))
  return column
}

const shorts = (bytes: Buffer, from: number, length: number): Uint16Array => {
  const column = new Uint16Array(length)
  bytesOf(column).set(bytes.subarray(from, from + length * 2))
  return column
}

const tableOf = (rows: Float32Array, k: number, terms: Uint16Array, dimensions: number): Float32Array => {
  const table = new Float32Array(dimensions * k)
  for (const [row, term] of terms.entries()) {
    if (term >= dimensions) throw damaged(`term ${term} is beyond ${dimensions}`)
    table.set(rows.subarray(row * k, (row + 1) * k), term * k)
  }
  return table
}

/** What `saveParts` gave; anything else is an error of code `cluster/model`. */
export const loadParts = (saved: Uint8Array): ModelParts => {
  const bytes = checked(saved)
  const { head, end } = readHead(bytes)
  const { dimensions, terms, ...about } = head
  const k = about.clusters.length
  const rowsAt = end + k * wordBytes
  const termsAt = rowsAt + terms * k * wordBytes
  if (bytes.length !== termsAt + terms * 2 + wordBytes) throw damaged(`${bytes.length} bytes do not fit its head`)
  const table = tableOf(floats(bytes, rowsAt, terms * k), k, shorts(bytes, termsAt, terms), dimensions)
  return { ...about, table, bias: floats(bytes, end, k) }
}
