import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { isMalformed } from '../chunk/codec.ts'
import { type Counters, newCounters } from './counters.ts'
import { filesIn } from './files.ts'
import type { Input } from './inputs.ts'
import { judge } from './judge.ts'
import { type Line, linesOf } from './lines.ts'
import { digestOf, listingOf, mergeRows, Rows } from './listing.ts'
import { MalformedFile } from './malformed.ts'
import type { Job, Ran, Runner } from './runner.ts'
import { Scratch } from './scratch.ts'
import { reduceSpool, Spools } from './spools.ts'

/** Sends one line where it belongs: to its document's spool, to the malformed ones, or nowhere. */
const route = (input: Input, line: Line, spools: Spools, malformed: MalformedFile, counters: Counters) => {
  counters.lines++
  const found = judge(line)
  if (found === 'blank') counters.blank++
  else if (found === 'open') counters.open_lines++
  else if (isMalformed(found)) {
    counters.malformed++
    malformed.add({ input, offset: line.offset, length: line.length, reason: found.malformed })
  } else {
    counters.records++
    spools.add(found.destination_uri, line.bytes)
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
    reduceSpool(path, { open: filesIn(out), scratch: texts, attempts, row: row => rows.add(row) })
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
