import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import { outputOf } from './launch.ts'
import type { Place } from './place.ts'

/** Read from the end of a log to find its last lines. */
const tailBytesMax = 256 * 1024
const lineCharactersMax = 8 * 1024
const pollMs = 250

/** Where a daemon says what it does: its own log, if it keeps one, and what it prints. */
export const logsOf = (place: Pick<Place, 'logs'>, daemon: string): string[] => [
  outputOf(place, daemon),
  join(place.logs, `${daemon}.log`),
]

/** Safe to show on a terminal, with its tabs. */
const shown = (line: string) => line.slice(0, lineCharactersMax).split('\t').map(harmless).join('\t')

interface Piece {
  readonly text: string
  /** Where to go on reading. */
  readonly end: number
}

/** What the file holds from `from` on, at most the last `tailBytesMax` of it; one that isn't there holds nothing. */
const readFrom = async (path: string, from: number): Promise<Piece> => {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    // It was turned over: this is a new one.
    const start = Math.max(size < from ? 0 : from, size - tailBytesMax)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
    return { text: buffer.toString('utf8', 0, bytesRead), end: start + bytesRead }
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return { text: '', end: 0 }
    throw thrown
  }
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

const lastLines = async (path: string, count: number): Promise<string[]> => {
  const lines = linesOf((await readFrom(path, 0)).text)
  return count === 0 ? [] : lines.slice(-count).map(shown)
}

/** The last lines of a daemon: what it prints, then its own log. */
export const tailOf = async (place: Pick<Place, 'logs'>, daemon: string, count: number): Promise<string[]> =>
  (await Promise.all(logsOf(place, daemon).map(path => lastLines(path, count)))).flat().slice(-count)

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** Whole lines as they are written to these files, until the signal aborts. Follows a log that is turned over. */
export async function* follow(paths: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
  const ends = new Map<string, number>()
  const open = new Map<string, string>()
  for (const path of paths) ends.set(path, await sizeOf(path))
  while (!signal.aborted) {
    for (const path of paths) {
      const { text, end } = await readFrom(path, ends.get(path)!)
      ends.set(path, end)
      const lines = `${open.get(path) ?? ''}${text}`.split('\n')
      open.set(path, lines.pop()!.slice(0, lineCharactersMax))
      for (const line of lines) yield shown(line)
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {})
  }
}
