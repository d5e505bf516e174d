import type { FileHandle } from 'node:fs/promises'
import { lineBytesMax } from '../chunk/chunk.ts'
import { logPartition, openToRead, type Partition, partitionsIn, type Segment, unreadable } from './folder.ts'
import { durableSize, isRecord, sizeOf } from './line-file.ts'
import type { Position } from './topic.ts'

const blockBytes = 64 * 1024
const lineEnd = 0x0a

/** Behind the last line end before `size`; 0 if there is none. */
const behindLastLine = async (handle: FileHandle, size: number): Promise<number> => {
  const block = Buffer.allocUnsafe(blockBytes)
  for (let to = size; to > 0; ) {
    const from = Math.max(0, to - blockBytes)
    const { bytesRead } = await handle.read(block, 0, to - from, from)
    const found = block.subarray(0, bytesRead).lastIndexOf(lineEnd)
    if (found !== -1) return from + found + 1
    to = from
  }
  return 0
}

const readableEnd = async (handle: FileHandle, size: number): Promise<number> => {
  const whole = await behindLastLine(handle, size)
  if (whole === size || size - whole > lineBytesMax) return whole
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(size - whole), 0, size - whole, whole)
  return isRecord(buffer.subarray(0, bytesRead)) ? whole + bytesRead : whole
}

const endOf = async (name: string, { base, path }: Segment): Promise<number> => {
  await using handle = await openToRead(path)
  if (handle === undefined) return base
  try {
    return base + (await readableEnd(handle, await (name === logPartition ? durableSize : sizeOf)(handle)))
  } catch (error) {
    throw unreadable(path, error)
  }
}

export const endsOf = async (partitions: readonly Partition[]): Promise<Position> => {
  const ends: Record<string, number> = {}
  for (const { name, segments } of partitions) ends[name] = await endOf(name, segments.at(-1)!)
  return ends
}

export const endIn = async (dir: string): Promise<Position> => endsOf(await partitionsIn(dir))
