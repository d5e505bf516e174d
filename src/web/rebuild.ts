import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DocumentRow } from '../refresh/document.ts'
import { FileWriter, filesIn } from '../refresh/files.ts'
import { linesIn } from '../refresh/lines.ts'
import type { Keyed } from '../refresh/map.ts'
import { reduce } from '../refresh/reduce.ts'
import { Scratch } from '../refresh/scratch.ts'
import { Sorter } from '../refresh/sort.ts'
import { asBuffer } from '../std/bytes.ts'
import type { Topic } from '../topic/topic.ts'
import { type AnswerPart, ChunkTable } from './chunk-table.ts'
import { DocumentLines, type Key } from './document-lines.ts'
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

/** Whether a record came in time, told in the order of arrival. */
const untilTime = (at: number | undefined) => {
  let last = Number.NEGATIVE_INFINITY
  return ({ micros }: Key): boolean => {
    if (!Number.isNaN(micros)) last = micros
    return at === undefined || last <= at
  }
}

const inOrder = async (topic: Topic, ranges: readonly Range[]): Promise<Range[]> => {
  const order = new Map(Object.keys(await topic.end()).map((partition, at) => [partition, at]))
  const rank = ({ partition }: Range) => order.get(partition) ?? order.size
  return ranges.toSorted((a, b) => rank(a) - rank(b) || a.from - b.from)
}

const lineEnd = Buffer.of(0x0a)

/** The document's lines into a file, in the order in which they arrived; says whether that is the order of the text, too. */
const collect = async (topic: Topic, { uri, at, ranges }: RebuildRequest, path: string): Promise<boolean> => {
  using spool = new FileWriter(path)
  const lines = new DocumentLines(uri)
  const isInTime = untilTime(at)
  for (const { partition, from, to } of await inOrder(topic, ranges)) {
    for await (const { entries } of topic.read({ [partition]: from }, { until: { [partition]: to } })) {
      for (const entry of entries) {
        const line = asBuffer(entry.line)
        const key = lines.key(line)
        if (key === undefined || !isInTime(key)) continue
        spool.write(line)
        spool.write(lineEnd)
      }
    }
  }
  return lines.isInOrder
}

interface Spooled {
  readonly record: Keyed
  readonly line: Buffer
}

function* recordsIn(path: string, uri: string): Generator<Spooled> {
  const lines = new DocumentLines(uri)
  let arrival = 0
  for (const { bytes: line } of linesIn(path)) {
    const key = lines.key(line)
    if (key !== undefined) yield { record: { ...key, uri, chunk: lines.record(line), arrival: arrival++ }, line }
  }
}

function* sortedIn(path: string, uri: string, isInOrder: boolean): Generator<Keyed> {
  if (isInOrder) {
    for (const { record } of recordsIn(path, uri)) yield record
    return
  }
  const sorter = new Sorter(`${path}-sort`)
  for (const { record, line } of recordsIn(path, uri)) sorter.add(record, line)
  yield* sorter.sorted()
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
  const spool = join(dir, 'spool')
  const isInOrder = await collect(topic, request, spool)
  using table = new ChunkTable(chunksPath)
  using scratch = new Scratch(join(dir, 'scratch'))
  const rows: DocumentRow[] = []
  const target = { open: filesIn(dir), scratch, attempts: false, row: (row: DocumentRow) => void rows.push(row) }
  reduce(table.watched(sortedIn(spool, request.uri, isInOrder)), target)
  rmSync(spool)
  const { agents } = table
  const found = rows.at(0)
  const textPath = join(dir, found?.file ?? 'empty.txt')
  if (found === undefined) writeFileSync(textPath, '')
  const parts = found === undefined ? [] : surviving(found, table.parts)
  const hasClaims = table.parts.some(({ claims }) => claims)
  return { row: found, textPath, bytes: found?.bytes ?? 0, parts, chunksPath, agents, hasClaims }
}
