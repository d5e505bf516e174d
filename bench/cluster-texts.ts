import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { reasonOf, StreamError } from '../src/std/error.ts'
import { chanceFrom } from './chance.ts'

/** Characters of a chunk, as the old system cuts texts. */
const chunkCharacters = 1024

/** One line of a file of chunks: which text it is from, and its words with single spaces between. */
const line = (label: number, chunk: string) => `${label}\t${chunk.trim().split(/\s+/).join(' ')}\n`

const namesIn = (dir: string) =>
  readdir(dir).catch(cause => {
    throw new StreamError('bench/usage', `texts "${dir}": ${reasonOf(cause)}; give a folder of books by --texts`, {
      cause,
    })
  })

const readBooks = async (dir: string): Promise<string[]> => {
  const names = (await namesIn(dir)).filter(name => /\.(txt|md)$/.test(name) && name !== 'README.md').sort()
  const texts = await Promise.all(names.map(name => readFile(join(dir, name), 'utf8')))
  const books = texts.map(text => text.replace('\ufeff', '')).filter(text => text.length > chunkCharacters)
  if (books.length > 1) return books
  throw new StreamError('bench/usage', `texts "${dir}": it takes two .txt or .md files of more than a chunk`)
}

/** Every chunk of every book, side by side as they are streamed. */
function* wholeBooks(books: readonly string[]): Generator<string> {
  const longest = Math.max(...books.map(({ length }) => length))
  for (let at = 0; at < longest; at += chunkCharacters)
    for (const [label, book] of books.entries()) {
      if (at < book.length) yield line(label, book.slice(at, at + chunkCharacters))
    }
}

/** Chunks from anywhere, of long books more than of short ones. */
function* fromAnywhere(books: readonly string[], count: number, seed: number): Generator<string> {
  const chance = chanceFrom(seed)
  const starts = books.map(({ length }) => length - chunkCharacters)
  const all = starts.reduce((a, b) => a + b)
  for (let n = 0; n < count; n++) {
    let at = chance.below(all)
    let label = 0
    for (; at >= starts[label]; label++) at -= starts[label]
    yield line(label, books[label].slice(at, at + chunkCharacters))
  }
}

export interface ChunksOrder {
  /** A folder of books. */
  readonly texts: string
  /** How many chunks; otherwise every chunk of every book, once and in order. */
  readonly count?: number | undefined
  readonly seed: number
}

/** Writes a file of chunks, the same for the same order. */
export const writeChunks = async (path: string, { texts, count, seed }: ChunksOrder): Promise<void> => {
  const books = await readBooks(texts)
  await mkdir(dirname(path), { recursive: true })
  await pipeline(count === undefined ? wholeBooks(books) : fromAnywhere(books, count, seed), createWriteStream(path))
}
