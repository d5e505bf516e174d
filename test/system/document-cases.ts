import { type Bytes, bytesOf } from '../cases/cases.ts'
import type { Log } from './rebuild.ts'

export type Members = Readonly<Record<string, unknown>>
/** One of `documents.json`; ../cases/README.md has the format. */
export interface Case {
  readonly name: string
  readonly inputs: Readonly<Record<string, readonly (Bytes | Members)[]>>
  readonly documents: readonly (Members & { readonly text: Bytes; readonly parts?: readonly Members[] })[]
  readonly counters?: Members
  readonly malformed?: readonly Members[]
  readonly attempts?: readonly { readonly file: string; readonly text: Bytes }[]
}
const isRecord = (piece: Bytes | Members): piece is Members =>
  typeof piece === 'object' && !('base64' in piece) && !('repeat' in piece)

type Rename = (uri: string) => string

const renamed = (record: Members, rename: Rename): Members => {
  const uri = record.destination_uri
  return typeof uri === 'string' && uri !== '' ? { ...record, destination_uri: rename(uri) } : record
}

const bytesOfPiece = (piece: Bytes | Members, rename: Rename) =>
  isRecord(piece)
    ? Buffer.from(`${JSON.stringify(renamed(piece, rename))}\n`)
    : bytesOf(typeof piece === 'string' ? piece : [piece as never])

/** `rename` changes the documents' uris where a record is written as one. */
export const logOf = ({ inputs, attempts }: Case, rename: Rename = uri => uri): Log => ({
  inputs: new Map(
    Object.entries(inputs).map(([name, pieces]) => [
      name,
      Buffer.concat(pieces.map(piece => bytesOfPiece(piece, rename))),
    ]),
  ),
  attempts: (attempts?.length ?? 0) > 0,
})
