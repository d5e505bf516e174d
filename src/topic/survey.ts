import type { FileHandle } from 'node:fs/promises'
import { recordIn } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { logPartition, openToRead, partitionsIn, type Segment, unreadable } from './folder.ts'
import type { Position } from './topic.ts'

/** Of the beginning and the end of a file, in which its first and last times are looked for. */
const edgeBytesMax = 256 * 1024

export interface LogFile {
  readonly partition: string
  readonly path: string
  /** Offset of its first byte. */
  readonly base: number
  readonly bytes: number
  /** When it was last written to; microseconds since 1970, as the others. */
  readonly written: number
  /** `event_time` of the first and the last record that lie near its edges, if they have one. */
  readonly firstTime: number | undefined
  readonly lastTime: number | undefined
}

const timeOf = (line: Buffer): number | undefined => {
  const record = recordIn(line)
  if (record?.event_time === undefined) return undefined
  const micros = microsOf(record.event_time)
  return Number.isNaN(micros) ? undefined : micros
}

async function* linesIn(handle: FileHandle, from: number, bytes: number, backwards: boolean): AsyncGenerator<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, from)
  const lines = buffer.toString('latin1', 0, bytesRead).split('\n')
  for (const line of backwards ? lines.reverse() : lines) yield Buffer.from(line, 'latin1')
}

/** Half a line at the edge of what is read has no time: it does not decode. */
const edgeTime = async (handle: FileHandle, size: number, backwards: boolean): Promise<number | undefined> => {
  const bytes = Math.min(size, edgeBytesMax)
  for await (const line of linesIn(handle, backwards ? size - bytes : 0, bytes, backwards)) {
    const time = timeOf(line)
    if (time !== undefined) return time
  }
  return undefined
}

/** None if it is gone by now. */
const surveyFile = async (partition: string, { base, path }: Segment): Promise<LogFile[]> => {
  await using handle = await openToRead(path)
  if (handle === undefined) return []
  try {
    const { size, mtimeMs } = await handle.stat()
    const firstTime = await edgeTime(handle, size, false)
    const lastTime = await edgeTime(handle, size, true)
    return [{ partition, path, base, bytes: size, written: Math.floor(mtimeMs * 1000), firstTime, lastTime }]
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** All files that a reader of the log reads, in their order. */
export const surveyLog = async (dir: string): Promise<LogFile[]> => {
  const files: LogFile[] = []
  for (const { name, segments } of await partitionsIn(dir))
    for (const segment of segments) files.push(...(await surveyFile(name, segment)))
  return files
}

/** Bytes of the log that lie behind a position. */
export const bytesBehind = (files: readonly LogFile[], position: Position): number =>
  files.reduce(
    (sum, { partition, base, bytes }) => sum + Math.max(0, base + bytes - Math.max(base, position[partition] ?? 0)),
    0,
  )

export const isSegment = ({ partition }: Pick<LogFile, 'partition'>): boolean => partition === logPartition
