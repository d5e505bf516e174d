import { isoMicros } from '../src/std/clock.ts'
import { type Document, spin } from './log-documents.ts'
import type { Expected } from './manifest.ts'
import { asciiEscape, type Escape, plainEscape } from './reel.ts'

/** How a log's lines look. */
export interface Style {
  readonly asJson: Escape
  readonly head: string
  /** All behind the chunk's text, for the document's next record. */
  readonly tail: (document: Document, micros: number) => string
  /** The closing record, where there is one. */
  readonly closing?: (document: Document, micros: number, expected: Expected) => string
}

/** As Python's `datetime.isoformat` writes it: no zone, and no fraction when it is zero. */
const pythonTime = (micros: number) => isoMicros(micros).replace(/(\.000000)?Z$/, '')

/** The old system's. */
const old: Style = {
  asJson: asciiEscape,
  head: '{"chunk": "',
  tail: ({ agent, uri }, micros) =>
    `", "agent_id": "${agent}", "destination_uri": "${uri}", "event_time": "${pythonTime(micros)}"}`,
}

const responseOf = (number: number) => `20250225165330460063-${number.toString(16).padStart(12, '0')}`

const ownMembers = ({ number, agent, uri, records }: Document, micros: number) =>
  `","agent_id":"${agent}","destination_uri":"${uri}","event_time":"${isoMicros(micros)}","response_id":"${responseOf(number)}","seq":${records}`

const sourceOf = ({ uri, records }: Document) =>
  records === 0 ? `,"source":{"url":"bench","file":"${uri.slice(1)}"}` : ''

/** What `textstream produce` writes. */
const own: Style = {
  asJson: plainEscape,
  head: '{"chunk":"',
  tail: (document, micros) => `${ownMembers(document, micros)}${sourceOf(document)}}`,
  closing: (document, micros, { bytes, sha256 }) =>
    `{"chunk":"${ownMembers(document, micros)},"end":${JSON.stringify({ reason: 'stop', chunks: document.records, bytes, sha256 })}}`,
}

export const styles = { old, own } as const

const escapedBytesMax = 12
const membersBytesMax = 1024

/** Writes a document's next line into its own buffer; it is valid until the next call. */
export type NextLine = (document: Document, characters: number, micros: number) => Buffer

export const lineMaker = (style: Style, chunkMax: number): NextLine => {
  const line = Buffer.allocUnsafe(chunkMax * escapedBytesMax + membersBytesMax)
  const headBytes = line.write(style.head, 0, 'latin1')
  let used = 0
  const add = (bytes: Buffer) => {
    line.set(bytes, used)
    used += bytes.length
  }
  return (document, characters, micros) => {
    used = headBytes
    const to = Math.min(document.written + characters, document.characters)
    spin(document, style.asJson, 'json', document.written, to, add)
    used += line.write(style.tail(document, micros), used, 'latin1')
    document.written = to
    document.records++
    return line.subarray(0, used)
  }
}

const notRecords = ['Traceback (most recent call last):', '{"chunk": "half', '{"chunk": "of no document"}', '[1, 2, 3]']

/** Some malformed line: rubbish, or a record that was cut off. */
export const malformed = (line: Buffer, below: (bound: number) => number): Buffer => {
  const rubbish = notRecords[below(notRecords.length * 2)]
  return rubbish === undefined ? line.subarray(0, 1 + below(line.length - 1)) : Buffer.from(rubbish)
}
