import type { Source, TextStream } from '../source/source.ts'
import { StreamError } from '../std/error.ts'

/** One text of a source whose every block and fault is written down beforehand: for tests. */
export interface ScriptedText {
  readonly chunks: readonly string[]
  readonly etag?: string
  /** One chunk → its line; `JSON.stringify` if absent. */
  readonly lineOf?: (chunk: string) => string | Buffer
  /** Bytes per block, over and over. */
  readonly cuts?: readonly number[]
  /** After so many blocks, and so many times, the stream fails with this code. */
  readonly faults?: { after: number; times: number; code: `source/${string}` }
}

const plainLine = (chunk: string) => `${JSON.stringify({ chunk })}\n`

const blocksOf = function* (bytes: Buffer, cuts: readonly number[]) {
  let turn = 0
  for (let at = 0; at < bytes.length; ) {
    const to = at + Math.max(1, cuts[turn++ % cuts.length] ?? bytes.length)
    yield bytes.subarray(at, to)
    at = to
  }
}

const failing = async function* (text: ScriptedText, from: number): AsyncGenerator<Uint8Array> {
  const lineOf = text.lineOf ?? plainLine
  const bytes = Buffer.concat(text.chunks.slice(from).map(chunk => Buffer.from(lineOf(chunk) as string)))
  let blocks = 0
  for (const block of blocksOf(bytes, text.cuts ?? [])) {
    fault(text, blocks++)
    yield block
  }
  fault(text, blocks)
}

const fault = ({ faults }: ScriptedText, blocks: number) => {
  if (faults === undefined || faults.times === 0 || blocks < faults.after) return
  faults.times--
  throw new StreamError(faults.code, `scripted fault after ${blocks} blocks`)
}

const open = (text: ScriptedText | undefined, name: string, from: number, ifMatch: string | undefined): TextStream => {
  if (text === undefined) throw new StreamError('source/not-found', `no "${name}"`)
  if (text.etag === undefined) return { etag: undefined, chunkSize: undefined, from: 0, blocks: failing(text, 0) }
  if (ifMatch !== undefined && ifMatch !== text.etag) throw new StreamError('source/changed', `"${name}" changed`)
  if (from > text.chunks.length) throw new StreamError('source/range', `"${name}" has no chunk ${from}`)
  return { etag: text.etag, chunkSize: 4, from, blocks: failing(text, from) }
}

/** A text without an `etag` behaves as the old source's: it cannot seek. */
export const scriptedSource = (texts: Readonly<Record<string, ScriptedText>>, url = 'http://scripted'): Source => ({
  url,
  list: async () => Object.keys(texts).sort(),
  open: async (name, { from = 0, ifMatch } = {}) => open(texts[name], name, from, ifMatch),
})
