import { asBuffer } from '../std/bytes.ts'
import type { SampledWindow } from './cluster.ts'

/** So much of the end of one excerpt is looked for in another one: long enough not to be there by chance. */
const probeBytes = 32

/** Where `excerpt` goes on behind what ends `earlier`; 0 if nothing of it is there. */
export const overlapEnd = (earlier: Uint8Array, excerpt: Uint8Array): number => {
  const probe = earlier.subarray(-probeBytes)
  const at = probe.length === 0 ? -1 : asBuffer(excerpt).lastIndexOf(probe)
  return at === -1 ? 0 : at + probe.length
}

/** Whether one of two excerpts holds the other's end, as those of windows do that slide over the same text. */
export const overlapping = (a: Uint8Array, b: Uint8Array): boolean => overlapEnd(a, b) > 0 || overlapEnd(b, a) > 0

export const sameAnswer = ({ place: a }: SampledWindow, { place: b }: SampledWindow): boolean =>
  a.destination_uri === b.destination_uri && a.response_id === b.response_id
