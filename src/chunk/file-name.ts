import { createHash } from 'node:crypto'

const plain = /^\/[a-z0-9_-][a-z0-9_.-]{0,150}$/
const device = /^\/(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/
const encodedBytesMax = 150

const percentEncode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*~]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * The name of a document's file: a pure function of its uri, and another one for every other uri, also on file systems
 * that fold case or normalise Unicode. Never a path: no name holds a separator.
 *
 * `/alone.md` → `alone.md.txt`; `/Über uns` → `%C3%9Cber%20uns~5e0d….txt`
 */
export const fileNameOf = (destinationUri: string): string => {
  if (plain.test(destinationUri) && !device.test(destinationUri)) return `${destinationUri.slice(1)}.txt`
  const uri = destinationUri.toWellFormed()
  const digest = createHash('sha256').update(uri).digest('hex').slice(0, 16)
  return `${percentEncode(uri.replace(/^\//, '')).slice(0, encodedBytesMax)}~${digest}.txt`
}
