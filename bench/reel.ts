import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../src/std/error.ts'

/** Some encoding of a text; character number `n` (a code point) lies from `at[n]` to `at[n + 1]`. */
interface Encoded {
  readonly bytes: Buffer
  readonly at: Uint32Array
}

/** A text as a log has it and as its document has it, encoded once: a piece of it is a copy of bytes. */
export interface Reel {
  readonly characters: number
  readonly json: Encoded
  readonly utf8: Encoded
}

export type Form = 'json' | 'utf8'
export type Escape = (character: string) => string

/** Beyond the ASCII that JSON needs, nothing is escaped: as this project's logs have it. */
export const plainEscape: Escape = character => JSON.stringify(character).slice(1, -1)

const escapedUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Every unit that is not ASCII as `\uXXXX`: as Python's `json.dumps`, and so the old system's logs, have it. */
export const asciiEscape: Escape = character => plainEscape(character).replace(/[\u007f-\uffff]/g, escapedUnit)

const cached = (encode: (character: string) => Buffer) => {
  const known = new Map<string, Buffer>()
  return (character: string) => {
    const found = known.get(character) ?? encode(character)
    known.set(character, found)
    return found
  }
}

const encoded = (characters: readonly string[], encode: (character: string) => Buffer): Encoded => {
  const bytesOf = cached(encode)
  const at = new Uint32Array(characters.length + 1)
  for (let n = 0; n < characters.length; n++) at[n + 1] = at[n] + bytesOf(characters[n]).length
  const bytes = Buffer.allocUnsafe(at[characters.length])
  for (let n = 0; n < characters.length; n++) bytes.set(bytesOf(characters[n]), at[n])
  return { bytes, at }
}

export const reelOf = (text: string, asJson: Escape): Reel => {
  const characters = [...text]
  return {
    characters: characters.length,
    json: encoded(characters, character => Buffer.from(asJson(character))),
    utf8: encoded(characters, character => Buffer.from(character)),
  }
}

/** The bytes of characters `from` to `to`: a view, not a copy. */
export const piece = (reel: Reel, form: Form, from: number, to: number): Buffer => {
  const { bytes, at } = reel[form]
  return bytes.subarray(at[from], at[to])
}

/** All texts of a folder, one behind the other, with plain line ends. */
export const readTexts = async (dir: string): Promise<string> => {
  const names = (await readdir(dir)).filter(name => /\.(txt|md|log)$/.test(name) && name !== 'README.md').sort()
  const texts = await Promise.all(names.map(name => readFile(join(dir, name), 'utf8')))
  const text = texts.join('').replaceAll('\ufeff', '').replaceAll('\r\n', '\n')
  if (text.length > 0) return text
  throw new StreamError('bench/usage', `texts "${dir}": there are no .txt, .md or .log files with text in it`)
}
