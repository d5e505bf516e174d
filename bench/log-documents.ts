import { createHash } from 'node:crypto'
import type { Chance } from './chance.ts'
import type { Expected } from './manifest.ts'
import { type Escape, type Form, piece, type Reel, reelOf } from './reel.ts'
import type { Size } from './sizes.ts'

/** A document while its log is written: a head that names it, then `body`, entered at `turn` and read round and round. */
export interface Document {
  readonly number: number
  readonly uri: string
  readonly agent: string
  readonly head: string
  readonly body: Reel
  readonly turn: number
  readonly characters: number
  /** Characters that lines have already. */
  written: number
  /** Records so far. */
  records: number
  /** A line that is kept back until so many later ones of this document are out. */
  held: { readonly line: Buffer; behind: number } | undefined
}

export interface Bodies {
  readonly lf: Reel
  readonly crlf: Reel
  readonly words: readonly string[]
}

const agents = ['Ada', 'Bo', 'Chidi', 'Dana', 'Emre', 'Farah', 'Gil', 'Hana', 'Ines', 'Jun', 'Kofi', 'Lena']

/** Every so many-th document has CRLF line ends, or begins with a byte-order mark. */
const crlfEvery = 4
const markEvery = 3
const pieceCharactersMax = 65_536

export const bodiesOf = (text: string, asJson: Escape): Bodies => ({
  lf: reelOf(text, asJson),
  crlf: reelOf(text.replaceAll('\n', '\r\n'), asJson),
  words: [...new Set(text.toLowerCase().match(/\b[a-z]{4,10}\b/g) ?? ['text'])],
})

const wordOf = (words: readonly string[], number: number) => {
  const round = Math.floor(number / words.length)
  return words[number % words.length] + (round === 0 ? '' : round)
}

/** Quotes, a tab and a backslash, which every document has to bring through. */
const headOf = (number: number, word: string, lineEnd: string) =>
  `${number % markEvery === 0 ? '\ufeff' : ''}# "Document ${number}"\t\\ ${word} – é 😀${lineEnd}`

const lengthOf = (mean: number, chance: Chance) => Math.floor(mean / 2) + chance.below(mean)

export const makeDocuments = ({ documents, characters }: Size, bodies: Bodies, chance: Chance): Document[] =>
  Array.from({ length: documents }, (_, number) => {
    const isCrlf = number % crlfEvery === 1
    const body = isCrlf ? bodies.crlf : bodies.lf
    const word = wordOf(bodies.words, number)
    const head = headOf(number, word, isCrlf ? '\r\n' : '\n')
    return {
      number,
      uri: `/${word}.md`,
      agent: `Agent_${agents[number % agents.length]}`,
      head,
      body,
      turn: chance.below(body.characters),
      characters: headCharacters(head) + lengthOf(characters, chance),
      written: 0,
      records: 0,
      held: undefined,
    }
  })

/** A head has one character of two units. */
const headCharacters = (head: string) => head.length - 1

/** Gives `sink` the bytes of characters `from` to `to`, in pieces. */
export const spin = (
  { head, body, turn }: Document,
  asJson: Escape,
  form: Form,
  from: number,
  to: number,
  sink: (bytes: Buffer) => void,
): void => {
  const bodyFrom = headCharacters(head)
  if (from < bodyFrom) sink(piece(reelOf(head, asJson), form, from, Math.min(to, bodyFrom)))
  for (let at = Math.max(from, bodyFrom); at < to; ) {
    const start = (at - bodyFrom + turn) % body.characters
    const length = Math.min(to - at, body.characters - start, pieceCharactersMax)
    sink(piece(body, form, start, start + length))
    at += length
  }
}

export const expectedOf = (document: Document, asJson: Escape): Expected => {
  const hash = createHash('sha256')
  let bytes = 0
  spin(document, asJson, 'utf8', 0, document.characters, part => {
    hash.update(part)
    bytes += part.length
  })
  const { uri } = document
  return { uri, file: `${uri.slice(1)}.txt`, bytes, sha256: hash.digest('hex') }
}
