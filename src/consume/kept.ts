import { asBuffer } from '../std/bytes.ts'
import { StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import type { WarehouseWriter } from '../warehouse/warehouse.ts'

/** What the warehouse keeps for us. */
export type Memory = Pick<WarehouseWriter, 'recall' | 'recallAll'>

export const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** `undefined` if there is nothing. */
export const jsonIn = (kept: Uint8Array | undefined): unknown => {
  if (kept === undefined) return undefined
  const json = parseJson(asBuffer(kept).toString())
  if (json === undefined) throw damaged('the state')
  return json
}

const lengthBytes = 4

/** A head as JSON, with its length before it, and bytes behind it. */
export const joinHead = (head: unknown, ...rest: readonly Uint8Array[]): Uint8Array => {
  const json = jsonBytes(head)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(json.length)
  return Buffer.concat([length, json, ...rest])
}

/** What `joinHead` joined. */
export const splitHead = (kept: Uint8Array): { readonly head: unknown; readonly rest: Buffer } => {
  const bytes = asBuffer(kept)
  const end = lengthBytes + bytes.readUInt32LE(0)
  return { head: parseJson(bytes.toString('utf8', lengthBytes, end)), rest: bytes.subarray(end) }
}

export const damaged = (what: string): StreamError =>
  new StreamError('consume/state', `${what} is damaged; begin a new warehouse`)
