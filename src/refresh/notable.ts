import { join } from 'node:path'
import type { DocumentRow } from './document.ts'
import type { OnHdfs } from './hdfs-inputs.ts'
import { type Line, linesIn } from './lines.ts'
import { documentsName, malformedName } from './output.ts'
import { linesOfStream } from './stream-lines.ts'

const rowBytesMax = 2 ** 30
const reasonPattern = /^\{"input":("(?:[^"\\]|\\.)*"),"offset":(\d+),"reason":("(?:[^"\\]|\\.)*")/
const headBytesMax = 64 * 1024

const linesOf = (out: string | OnHdfs, name: string): Iterable<Buffer> | AsyncIterable<Buffer> =>
  typeof out === 'string'
    ? bytesOf(linesIn(join(out, name), rowBytesMax))
    : linesOfStream(out.hdfs.read(`${out.path}/${name}`), rowBytesMax)

function* bytesOf(lines: Iterable<Line>): Generator<Buffer> {
  for (const { bytes } of lines) yield bytes
}

/** The first lines of a listing that `pick` makes something of. */
const first = async <T>(out: string | OnHdfs, name: string, most: number, pick: (line: Buffer) => T | undefined) => {
  const found: T[] = []
  for await (const line of linesOf(out, name)) {
    const picked = pick(line)
    if (picked !== undefined) found.push(picked)
    if (found.length === most) break
  }
  return found
}

/** The first documents of a refresh in this state, in order of uri. */
export const documentsIn = (
  out: string | OnHdfs,
  state: DocumentRow['state'],
  most: number,
): Promise<DocumentRow[]> => {
  const mark = Buffer.from(`"state":"${state}"`)
  return first(out, documentsName, most, line => {
    const row: DocumentRow | undefined = line.includes(mark) ? JSON.parse(line.toString()) : undefined
    return row?.state === state ? row : undefined
  })
}

export interface MalformedRow {
  readonly input: string
  readonly offset: number
  readonly reason: string
}

/** The first malformed lines of a refresh: where they were, and why they are none. */
export const malformedIn = (out: string | OnHdfs, most: number): Promise<MalformedRow[]> =>
  first(out, malformedName, most, line => {
    const match = reasonPattern.exec(line.toString('utf8', 0, headBytesMax))
    if (match === null) return undefined
    return { input: JSON.parse(match[1]), offset: Number(match[2]), reason: JSON.parse(match[3]) }
  })
