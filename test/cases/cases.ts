import { readFileSync } from 'node:fs'

/** A text or bytes as a case file writes it: a string, or parts that stand behind one another. README.md has the format. */
export type Bytes = string | readonly Part[]
type Part = string | { readonly base64: string } | { readonly repeat: string; readonly times: number }

const bytesOfPart = (part: Part): Buffer => {
  if (typeof part === 'string') return Buffer.from(part)
  return 'base64' in part ? Buffer.from(part.base64, 'base64') : Buffer.from(part.repeat.repeat(part.times))
}

export const bytesOf = (bytes: Bytes): Buffer =>
  typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.concat(bytes.map(bytesOfPart))

export const casesOf = <Case>(file: string): readonly Case[] =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')).cases
