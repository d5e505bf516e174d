import { join } from 'node:path'
import type { DocumentRow } from './document.ts'
import { linesIn } from './lines.ts'
import { documentsName, malformedName } from './output.ts'

const rowBytesMax = 2 ** 30
const reasonPattern = /^\{"input":("(?:[^"\\]|\\.)*"),"offset":(\d+),"reason":("(?:[^"\\]|\\.)*")/
const headBytesMax = 64 * 1024

/** The first lines of a listing that `pick` makes something of. */
const first = <T>(path: string, most: number, pick: (line: Buffer) => T | undefined): T[] => {
  const found: T[] = []
  for (const { bytes } of linesIn(path, rowBytesMax)) {
    const picked = pick(bytes)
    if (picked !== undefined) found.push(picked)
    if (found.length === most) break
  }
  return found
}

/** The first documents of a refresh in this state, in order of uri. */
export const documentsIn = (out: string, state: DocumentRow['state'], most: number): DocumentRow[] => {
  const mark = Buffer.from(`"state":"${state}"`)
  return first(join(out, documentsName), most, line => {
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
export const malformedIn = (out: string, most: number): MalformedRow[] =>
  first(join(out, malformedName), most, line => {
    const match = reasonPattern.exec(line.toString('utf8', 0, headBytesMax))
    if (match === null) return undefined
    return { input: JSON.parse(match[1]), offset: Number(match[2]), reason: JSON.parse(match[3]) }
  })
