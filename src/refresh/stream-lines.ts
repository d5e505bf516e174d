const newline = 0x0a

/** The lines of a stream, without their ends; the last one need not have one. A line is held whole. */
export async function* linesOfStream(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  for await (const piece of pieces) {
    let start = 0
    for (let close = piece.indexOf(newline); close >= 0; close = piece.indexOf(newline, start)) {
      const line = piece.subarray(start, close)
      yield held.length === 0 ? line : Buffer.concat([...held, line])
      held = []
      start = close + 1
    }
    if (start < piece.length) held.push(piece.subarray(start))
  }
  if (held.length > 0) yield Buffer.concat(held)
}
