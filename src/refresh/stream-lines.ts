const newline = 0x0a
const nothing = Buffer.alloc(0)

/** The lines of a stream, without their ends; the last one need not have one. One of more than `bytesMax` is empty. */
export async function* linesOfStream(
  pieces: AsyncIterable<Buffer>,
  bytesMax = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let length = 0
  const hold = (bytes: Buffer) => {
    length += bytes.length
    if (length > bytesMax) held = []
    else held.push(bytes)
  }
  const line = () => {
    const whole = length > bytesMax ? nothing : held.length === 1 ? held[0] : Buffer.concat(held)
    held = []
    length = 0
    return whole
  }
  for await (const piece of pieces) {
    let start = 0
    for (let close = piece.indexOf(newline); close >= 0; close = piece.indexOf(newline, start)) {
      hold(piece.subarray(start, close))
      yield line()
      start = close + 1
    }
    if (start < piece.length) hold(piece.subarray(start))
  }
  if (length > 0) yield line()
}
