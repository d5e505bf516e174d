import { createHash } from 'node:crypto'
import { StreamError } from '../std/error.ts'
import { get, pageBytesMax } from './download.ts'

export interface Book {
  readonly file: string
  /** Words that stand in the book, so that another page under its address is not taken for it. */
  readonly says: string
  readonly number: number | ((base: string) => Promise<number>)
  readonly sha256?: string
}

export const knownBooks: readonly Book[] = [
  {
    file: 'frankenstein.txt',
    says: 'Frankenstein',
    number: 84,
    sha256: 'c29a4f56dd91aa894a3f17d5f96b356ccb499e3e2c5a27964de911845e39efab',
  },
  {
    file: 'modest-proposal.txt',
    says: 'A Modest Proposal',
    number: 1080,
    sha256: '47a10e81d32362bdf385932b72abfff7f57356027f215c1565602bd260bc510a',
  },
  {
    file: 'humphry-clinker.txt',
    says: 'Humphry Clinker',
    number: 2160,
    sha256: '326330043eafaa9fc0c7e93cfe2255103847ee38b6ba883ae4384d5114cfc7d1',
  },
  {
    file: 'brothers-karamazov.txt',
    says: 'Brothers Karamazov',
    number: 28054,
    sha256: 'fcd9f41938533326d28af59b88dfcfe871096828c0249de133e25eace4dee61e',
  },
]

const link = /href="\/ebooks\/(\d+)"(?:(?!href=")[\s\S])*?>\s*books and men\s*</i

/** No source that we could read names this book's number, so Project Gutenberg's own search is asked. */
const searchNumber = async (base: string): Promise<number> => {
  const url = `${base}/ebooks/search/?query=books+and+men+repplier`
  const page = await get(url, pageBytesMax)
  const found = link.exec(page.toString())
  if (found !== null) return Number(found[1])
  throw new StreamError(
    'books/not-found',
    `look up "Books and men" by Agnes Repplier at "${url}": no such title on the page; save its plain text as "books-and-men.txt" by hand`,
  )
}

export const fifthBook: Book = { file: 'books-and-men.txt', says: 'Repplier', number: searchNumber }

/** Project Gutenberg frames each book; the closing frame shows that it is whole. */
const endFrame = /\*\*\* ?END OF TH(?:E|IS) PROJECT GUTENBERG EBOOK/

/**
 * What to tell a person about bytes that came as this book; throws if they are not the whole of it. Project Gutenberg
 * mends its books now and then, so another digest than the known one is said, not refused.
 */
export const verdictOn = ({ says, sha256 }: Book, bytes: Buffer, url: string): string => {
  if (sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') === sha256) return 'the known edition'
  const text = bytes.toString()
  if (!text.includes(says)) {
    throw new StreamError(
      'books/wrong',
      `download "${url}": "${says}" does not stand in it, so it is another text; not kept`,
    )
  }
  if (!endFrame.test(text)) {
    throw new StreamError(
      'books/cut',
      `download "${url}": Project Gutenberg's end mark is missing, so it is cut; not kept`,
    )
  }
  return sha256 === undefined ? 'downloaded' : 'another edition than the one known by its sha256'
}
