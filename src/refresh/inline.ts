import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { decode, isMalformed } from '../chunk/codec.ts'
import { type Counters, newCounters } from './counters.ts'
import type { Input } from './inputs.ts'
import { type Line, linesOf } from './lines.ts'
import { digestOf, listingOf, mergeRows, Rows } from './listing.ts'
import { MalformedFile, tooLong } from './malformed.ts'
import type { Job, Ran, Runner } from './runner.ts'
import { Scratch } from './scratch.ts'
import { reduceSpool, Spools } from './spools.ts'

const isWholeLine = ({ bytes, length }: Line) => bytes.length === length

/** Sends one line where it belongs: to its document's spool, to the malformed ones, or nowhere. */
const route = (input: Input, line: Line, spools: Spools, malformed: MalformedFile, counters: Counters) => {
  counters.lines++
  const record = isWholeLine(line) ? decode(line.bytes) : { malformed: tooLong }
  if (record === undefined) counters.blank++
  else if (!isMalformed(record)) {
    counters.records++
    spools.add(record.destination_uri, line.bytes)
  } else if (!line.terminated) counters.open_lines++
  else {
    counters.malformed++
    malformed.add({ input, offset: line.offset, length: line.length, reason: record.malformed })
  }
}

/** Map, shuffle, sort and reduce in one thread and in the plainest way: to be read, debugged, and compared with. */
const run = async ({ inputs, out, scratch, attempts, progress }: Job): Promise<Ran> => {
  const counters = newCounters()
  const allBytes = inputs.reduce((sum, { size }) => sum + size, 0)
  let doneBytes = 0

  using malformed = new MalformedFile(join(out, '_malformed.ndjson'))
  using spools = new Spools(scratch, allBytes)
  for (const input of inputs) {
    const fd = openSync(input.path, 'r')
    try {
      for (const line of linesOf(fd, 0, input.size)) {
        route(input, line, spools, malformed, counters)
        progress(doneBytes + line.offset, allBytes)
      }
    } finally {
      closeSync(fd)
    }
    doneBytes += input.size
  }
  malformed.flush()

  using texts = new Scratch(join(scratch, 'texts'))
  const parts = spools.close().map((path, i) => {
    const part = join(scratch, `rows-${i}`)
    using rows = new Rows(part, counters)
    reduceSpool(path, { dir: out, scratch: texts, attempts, row: row => rows.add(row) })
    return part
  })
  progress(allBytes, allBytes)
  return {
    counters,
    documents: mergeRows(parts, join(out, '_documents.ndjson')),
    malformed: listingOf(join(out, '_malformed.ndjson'), malformed.length, malformed.count),
    inputDigests: inputs.map(({ path, size, packed }) => packed?.sha256 ?? digestOf(path, 0, size)),
  }
}

export const inline: Runner = { name: 'inline', run }
