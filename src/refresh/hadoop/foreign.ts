import type { Hdfs } from '../../wire/hdfs.ts'
import { attemptsName, documentsName, filesIn, malformedName, receiptName } from '../output.ts'
import { linesOfStream } from '../stream-lines.ts'

/** Of the listing of documents so much is remembered at a time: names of some fifty thousand. */
const passBytesMax = 32 * 1024 * 1024

const listings = new Set([receiptName, documentsName, malformedName, attemptsName])

async function* filesBelow(hdfs: Hdfs, folder: string): AsyncGenerator<string> {
  for await (const { path, kind } of hdfs.list(folder)) {
    if (kind === 'folder') yield* filesBelow(hdfs, path)
    else yield path
  }
}

/** What lies in an output, relative to it: what lies on top, and files below `_attempts/`. */
async function* namesIn(hdfs: Hdfs, dir: string): AsyncGenerator<string> {
  let hasAttempts = false
  for await (const { name } of hdfs.list(dir)) {
    hasAttempts ||= name === attemptsName
    if (!listings.has(name)) yield name
  }
  if (!hasAttempts) return
  for await (const path of filesBelow(hdfs, `${dir}/${attemptsName}`)) yield path.slice(dir.length + 1)
}

/** FNV-1a: only to take names in turns. */
const turnOf = (name: string, turns: number): number => {
  if (turns === 1) return 0
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % turns
}

/** What lies in an output that its listing does not account for; in memory that does not grow with the documents. */
export async function* foreignIn(hdfs: Hdfs, dir: string): AsyncGenerator<string> {
  const listing = `${dir}/${documentsName}`
  const turns = Math.max(1, Math.ceil(((await hdfs.status(listing))?.bytes ?? 0) / passBytesMax))
  for (let turn = 0; turn < turns; turn++) {
    const ours = new Set<string>()
    for await (const line of linesOfStream(hdfs.read(listing))) {
      for (const name of filesIn(line)) if (turnOf(name, turns) === turn) ours.add(name)
    }
    for await (const name of namesIn(hdfs, dir)) if (turnOf(name, turns) === turn && !ours.has(name)) yield name
  }
}
