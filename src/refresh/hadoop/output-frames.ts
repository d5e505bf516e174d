import type { OpenFile, OutputFile } from '../files.ts'
import type { FrameWriter } from './frames.ts'

const pieceBytesMax = 1024 * 1024
const gatheredBytesMax = 256 * 1024
const nothing = Buffer.alloc(0)

/** Files of the output, as DocumentOutputFormat wants them: frames of a name and bytes that are appended to that file. */
export const framesOf =
  (out: FrameWriter): OpenFile =>
  name => {
    const key = Buffer.from(name)
    let isThere = false
    const put = (piece: Uint8Array) => {
      out.write(key, piece)
      isThere = true
    }
    return {
      write(bytes) {
        for (let at = 0; at < bytes.length; at += pieceBytesMax) put(bytes.subarray(at, at + pieceBytesMax))
      },
      [Symbol.dispose]() {
        if (!isThere) put(nothing)
      },
    }
  }

/** Gathers short writes. */
export const gathering = (file: OutputFile): OutputFile => {
  let gathered = Buffer.allocUnsafeSlow(gatheredBytesMax)
  let used = 0
  const flush = () => {
    if (used > 0) file.write(gathered.subarray(0, used))
    used = 0
  }
  return {
    write(bytes) {
      if (used + bytes.length > gathered.length) flush()
      if (bytes.length > gathered.length) return file.write(bytes)
      gathered.set(bytes, used)
      used += bytes.length
    },
    [Symbol.dispose]() {
      flush()
      gathered = nothing
      file[Symbol.dispose]()
    },
  }
}
