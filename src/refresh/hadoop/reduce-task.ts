import { join } from 'node:path'
import { type Counters, countDocument, newCounters } from '../counters.ts'
import { type DocumentRow, rowLine } from '../document.ts'
import type { OpenFile, OutputFile } from '../files.ts'
import { malformedTail } from '../malformed.ts'
import type { Keyed } from '../map.ts'
import { reduce } from '../reduce.ts'
import { Scratch } from '../scratch.ts'
import { type Frame, FrameReader, FrameWriter, readingFrom } from './frames.ts'
import { kinds, readMalformedKey } from './key.ts'
import { OrderedRecords } from './ordered.ts'
import { framesOf, gathering } from './output-frames.ts'
import { addMapped, partName, parts, type Tally } from './tally.ts'
import type { Tell } from './tell.ts'

export interface ReduceOrder {
  /** Descriptors. */
  readonly input: number
  readonly output: number
  /** The number of this reducer. */
  readonly partition: number
  readonly attempts: boolean
  /** Texts go one behind the other into one file, in the order of the rows: who brings them elsewhere has one to read. */
  readonly joined: boolean
  /** An empty folder, for what must rest on the disk. */
  readonly folder: string
  readonly tell: Tell
}

/** The frames of a kind: the kinds come one after another. */
function* framesOfKind(kind: number, frames: FrameReader): Generator<Frame> {
  while (frames.peek()?.key[0] === kind) yield frames.next() as Frame
}

/** Joins what came of each malformed line: a head, and its bytes. Of a line that is still being written the head is missing. */
const writeMalformed = (frames: FrameReader, open: () => OutputFile) => {
  if (frames.peek()?.key[0] !== kinds.malformed) return
  using file = open()
  let begun = Number.NaN
  for (const { key, value } of framesOfKind(kinds.malformed, frames)) {
    const { arrival, piece } = readMalformedKey(key)
    if (piece > 0) {
      if (arrival === begun) file.write(Buffer.from(value.toString('base64')))
      continue
    }
    if (!Number.isNaN(begun)) file.write(malformedTail)
    file.write(value)
    begun = arrival
  }
  if (!Number.isNaN(begun)) file.write(malformedTail)
}

const reduceRecords = (
  records: Iterable<Keyed>,
  counters: Counters,
  open: OpenFile,
  rows: OutputFile,
  order: ReduceOrder,
) => {
  const { attempts, folder } = order
  using scratch = new Scratch(join(folder, 'text'))
  const row = (found: DocumentRow) => {
    countDocument(counters, found)
    rows.write(Buffer.from(rowLine(found)))
  }
  reduce(records, { open, scratch, attempts, row })
}

/** All files as one that is open already. */
const joinedIn =
  (texts: OutputFile): OpenFile =>
  () => ({ write: bytes => texts.write(bytes), [Symbol.dispose]: () => {} })

/** The reduce of the job: what mappers found, sorted → documents, and this reducer's parts of the listings. */
export const reduceTask = (order: ReduceOrder): void => {
  const frames = new FrameReader(readingFrom(order.input))
  const out = new FrameWriter(order.output)
  const open = framesOf(out)
  const openPart = (part: string) => gathering(open(partName(part, order.partition)))
  const counters = newCounters()
  for (const { value } of framesOfKind(kinds.counters, frames)) addMapped(counters, JSON.parse(value.toString()))
  writeMalformed(frames, () => openPart(parts.malformed))
  const records = new OrderedRecords(() => frames.next(), order.folder, order.tell.alive)
  {
    using rows = openPart(parts.documents)
    using texts = order.joined ? openPart(parts.texts) : undefined
    reduceRecords(records, counters, texts === undefined ? open : joinedIn(texts), rows, order)
  }
  const tally: Tally = { counters, reduced: records.count }
  out.write(Buffer.from(partName(parts.tally, order.partition)), Buffer.from(JSON.stringify(tally)))
  out.flush()
  order.tell.counters({ documents: counters.documents })
}
