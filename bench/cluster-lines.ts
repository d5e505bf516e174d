import { closeSync, openSync, readSync } from 'node:fs'

const blockBytes = 4 * 1024 * 1024
const newline = 0x0a
const labelBytesMax = 4

/** Gets the text's number, and where in `bytes` the chunk lies. */
export type OnChunk = (label: number, bytes: Uint8Array, from: number, to: number) => void

const readLine = (bytes: Buffer, from: number, to: number, onChunk: OnChunk) => {
  const tab = bytes.indexOf('\t', from)
  if (tab < 0 || tab > from + labelBytesMax)
    throw new Error(`line without a label: "${bytes.toString('utf8', from, to)}"`)
  onChunk(Number(bytes.toString('latin1', from, tab)), bytes, tab + 1, to)
}

/** Reads a file of chunks, a block at a time. */
export const eachChunk = (path: string, onChunk: OnChunk): void => {
  const file = openSync(path, 'r')
  const block = Buffer.allocUnsafeSlow(blockBytes)
  try {
    let kept = 0
    for (let got = readSync(file, block, 0, blockBytes, null); got > 0; ) {
      const end = kept + got
      let from = 0
      for (let to = block.indexOf(newline); to >= 0 && to < end; to = block.indexOf(newline, from)) {
        readLine(block, from, to, onChunk)
        from = to + 1
      }
      block.copy(block, 0, from, end)
      kept = end - from
      got = readSync(file, block, kept, blockBytes - kept, null)
    }
  } finally {
    closeSync(file)
  }
}
