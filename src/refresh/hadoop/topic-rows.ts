import type { Input } from '../inputs.ts'
import { offsetAt } from '../topic-offsets.ts'

const newline = 0x0a
const mark = Buffer.from(',"reason":')
const nothing = Buffer.alloc(0)

type Spools = ReadonlyMap<string, Input>

/** `{"input":…,"offset":N` with the topic's offset where the file that was uploaded has a byte. */
const translated = (head: Buffer, spools: Spools): Buffer => {
  const { input, offset } = JSON.parse(`${head.toString()}}`)
  const { path, topic } = spools.get(input) ?? {}
  if (path === undefined || topic === undefined) return head
  return Buffer.from(`{"input":${JSON.stringify(input)},"offset":${offsetAt(path, topic.offsets, offset)}`)
}

/** Rows of malformed lines, as they are but that those of topics name the offset; their bytes, which may be many, pass. */
export async function* withTopicOffsets(
  pieces: AsyncIterable<Buffer>,
  inputs: readonly Input[],
): AsyncGenerator<Buffer> {
  const spools: Spools = new Map(inputs.filter(({ topic }) => topic !== undefined).map(input => [input.name, input]))
  if (spools.size === 0) return yield* pieces
  let head: Buffer | undefined = nothing
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (head === undefined) {
        const close = piece.indexOf(newline, at)
        const to = close < 0 ? piece.length : close + 1
        yield piece.subarray(at, to)
        head = close < 0 ? undefined : nothing
        at = to
        continue
      }
      const held: Buffer = Buffer.concat([head, piece.subarray(at)])
      const end = held.indexOf(mark, Math.max(0, head.length - mark.length))
      if (end >= 0) {
        yield translated(held.subarray(0, end), spools)
        yield mark
        at += end + mark.length - head.length
        head = undefined
      } else {
        head = held
        at = piece.length
      }
    }
  }
}
