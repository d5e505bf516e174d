import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Chunk } from '../chunk/chunk.ts'
import { recordIn } from '../chunk/codec.ts'
import { microsOf } from '../chunk/event-time.ts'
import { FastLine } from '../chunk/fast-line.ts'
import type { DocumentRow } from '../refresh/document.ts'
import { filesIn } from '../refresh/files.ts'
import { mapper } from '../refresh/map.ts'
import { reduce } from '../refresh/reduce.ts'
import { Scratch } from '../refresh/scratch.ts'
import { Sorter } from '../refresh/sort.ts'
import { asBuffer } from '../std/bytes.ts'
import type { Topic } from '../topic/topic.ts'
import { type AnswerPart, ChunkTable } from './chunk-table.ts'
import type { Range } from './places.ts'

export interface RebuildRequest {
  readonly uri: string
  /** Only what came up to then, in microseconds: a record without a time came when the one before it did. */
  readonly at?: number | undefined
  /** Where to look for its records. */
  readonly ranges: readonly Range[]
  /** A folder that is made for it. */
  readonly dir: string
}

/** A document as a refresh would write it. */
export interface Rebuilt {
  /** None if there is no record. */
  readonly row: DocumentRow | undefined
  readonly textPath: string
  readonly bytes: number
  /** Of what makes up the text, in its order. */
  readonly parts: readonly AnswerPart[]
  readonly chunksPath: string
  readonly agents: readonly string[]
  /** Of all answers, superseded ones, too. */
  readonly hasClaims: boolean
}

/** Cheap and never wrong about a line that it leaves out: only escapes can spell a name in another way. */
const mayName = (uri: string) => {
  const spelled = Buffer.from(JSON.stringify(uri).slice(1, -1))
  const others = [Buffer.from('\\u'), Buffer.from('\\/')]
  return (line: Buffer) => line.includes(spelled) || others.some(other => line.includes(other))
}

/** Lines → the records of one document. */
const picker = (uri: string) => {
  const fast = new FastLine()
  const bytes = Buffer.from(uri)
  const mayBe = mayName(uri)
  return (line: Buffer): Chunk | undefined => {
    if (fast.read(line, 0, line.length)) {
      const isSame = bytes.compare(line, fast.uriFrom, fast.uriTo) === 0
      return isSame ? recordIn(line) : undefined
    }
    if (!mayBe(line)) return undefined
    const record = recordIn(line)
    return record?.destination_uri === uri ? record : undefined
  }
}

/** Whether a record came in time, told in the order of arrival. */
const untilTime = (at: number | undefined) => {
  let last = Number.NEGATIVE_INFINITY
  return ({ event_time }: Chunk): boolean => {
    if (at === undefined) return true
    const micros = event_time === undefined ? Number.NaN : microsOf(event_time)
    if (!Number.isNaN(micros)) last = micros
    return last <= at
  }
}

const inOrder = async (topic: Topic, ranges: readonly Range[]): Promise<Range[]> => {
  const order = new Map(Object.keys(await topic.end()).map((partition, at) => [partition, at]))
  const rank = ({ partition }: Range) => order.get(partition) ?? order.size
  return ranges.toSorted((a, b) => rank(a) - rank(b) || a.from - b.from)
}

const collect = async (topic: Topic, { uri, at, ranges }: RebuildRequest, sorter: Sorter): Promise<void> => {
  const pick = picker(uri)
  const isInTime = untilTime(at)
  const map = mapper()
  let arrival = 0
  for (const { partition, from, to } of await inOrder(topic, ranges)) {
    for await (const { entries } of topic.read({ [partition]: from }, { until: { [partition]: to } })) {
      for (const entry of entries) {
        const line = asBuffer(entry.line)
        const record = pick(line)
        if (record !== undefined && isInTime(record)) sorter.add(map(record, arrival++), line)
      }
    }
  }
}

/** By their answers, as the row says which ones survive, and in which order. */
const surviving = (row: DocumentRow, parts: readonly AnswerPart[]): AnswerPart[] => {
  if (row.parts === undefined) return [...parts]
  const byId = new Map(parts.map(part => [part.id, part]))
  return row.parts
    .filter(({ superseded_by }) => superseded_by === undefined)
    .map(({ response_id }) => byId.get(response_id ?? '')!)
}

/** Reads the document's records, and leaves its text and a table of its chunks in the folder. */
export const rebuild = async (topic: Topic, request: RebuildRequest): Promise<Rebuilt> => {
  const { dir } = request
  mkdirSync(dir)
  const chunksPath = join(dir, 'chunks')
  const sorter = new Sorter(join(dir, 'sort'))
  await collect(topic, request, sorter)
  using table = new ChunkTable(chunksPath)
  using scratch = new Scratch(join(dir, 'scratch'))
  const rows: DocumentRow[] = []
  const target = { open: filesIn(dir), scratch, attempts: false, row: (row: DocumentRow) => void rows.push(row) }
  reduce(table.watched(sorter.sorted()), target)
  const { agents } = table
  const found = rows.at(0)
  const textPath = join(dir, found?.file ?? 'empty.txt')
  if (found === undefined) writeFileSync(textPath, '')
  const parts = found === undefined ? [] : surviving(found, table.parts)
  const hasClaims = table.parts.some(({ claims }) => claims)
  return { row: found, textPath, bytes: found?.bytes ?? 0, parts, chunksPath, agents, hasClaims }
}
