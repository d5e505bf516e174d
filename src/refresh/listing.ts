import { createHash } from 'node:crypto'
import { closeSync, openSync, unlinkSync } from 'node:fs'
import { type Counters, countDocument } from './counters.ts'
import { type DocumentRow, rowLine } from './document.ts'
import { digestRange, FileWriter } from './files.ts'
import { linesIn } from './lines.ts'
import type { Listing } from './runner.ts'

const rowBytesMax = 2 ** 30
/** For each of the parts that are merged. */
const mergeBufferBytes = 32 * 1024

/** Part of `_documents.ndjson`: rows in order of uri, counted as they come. */
export class Rows implements Disposable {
  readonly #file: FileWriter
  readonly #counters: Counters

  constructor(path: string, counters: Counters) {
    this.#file = new FileWriter(path)
    this.#counters = counters
  }

  add(row: DocumentRow): void {
    countDocument(this.#counters, row)
    this.#file.writeText(rowLine(row))
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
  }
}

const uriFrom = '{"uri":"'.length
const quote = 0x22
const backslash = 0x5c

/** The uri's UTF-8 at the front of a row, without parsing the row where the uri has no escapes. */
const uriOf = (row: Buffer): Buffer => {
  const close = row.indexOf(quote, uriFrom)
  const plain = row.subarray(uriFrom, close)
  if (!plain.includes(backslash)) return plain
  return Buffer.from(JSON.parse(row.toString()).uri)
}

interface Head {
  readonly uri: Buffer
  readonly row: Buffer
}

function* rowsOf(path: string): Generator<Head> {
  for (const { bytes } of linesIn(path, rowBytesMax, mergeBufferBytes)) {
    const row = Buffer.from(bytes)
    yield { uri: uriOf(row), row }
  }
  unlinkSync(path)
}

interface Cursor {
  readonly rows: Generator<Head>
  head: Head
}

/** Moves the first cursor of a heap down to its place. */
const sink = (heap: Cursor[]) => {
  const cursor = heap[0]
  let at = 0
  for (;;) {
    let least = 2 * at + 1
    if (least >= heap.length) break
    if (least + 1 < heap.length && heap[least + 1].head.uri.compare(heap[least].head.uri) < 0) least++
    if (cursor.head.uri.compare(heap[least].head.uri) <= 0) break
    heap[at] = heap[least]
    at = least
  }
  heap[at] = cursor
}

/** Merges sorted parts into one file, and removes them. */
export const mergeRows = (parts: readonly string[], path: string): Listing => {
  const heap: Cursor[] = []
  for (const part of parts) {
    const rows = rowsOf(part)
    const { done, value } = rows.next()
    if (!done) heap.push({ rows, head: value })
  }
  heap.sort((a, b) => a.head.uri.compare(b.head.uri))
  const hash = createHash('sha256')
  const newline = Buffer.of(0x0a)
  let count = 0
  using file = new FileWriter(path)
  while (heap.length > 0) {
    for (const bytes of [heap[0].head.row, newline]) {
      hash.update(bytes)
      file.write(bytes)
    }
    count++
    const { done, value } = heap[0].rows.next()
    if (!done) heap[0].head = value
    else {
      const last = heap.pop() as Cursor
      if (heap.length === 0) break
      if (last !== heap[0]) heap[0] = last
    }
    sink(heap)
  }
  return { count, bytes: file.length, sha256: hash.digest('hex') }
}

/** Digest of `[from, to)` of a file, in constant memory. */
export const digestOf = (path: string, from: number, to: number): string => {
  const fd = openSync(path, 'r')
  try {
    return digestRange(fd, from, to).sha256
  } finally {
    closeSync(fd)
  }
}

export const listingOf = (path: string, bytes: number, count: number): Listing => ({
  count,
  bytes,
  sha256: digestOf(path, 0, bytes),
})
