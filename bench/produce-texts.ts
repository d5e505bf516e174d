import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { chanceFrom } from './chance.ts'
import { bodiesOf, type Document, makeDocuments, spin } from './log-documents.ts'
import { plainEscape, readTexts } from './reel.ts'
import type { Size } from './sizes.ts'

/** What a source serves in a measurement. */
export interface Texts {
  readonly dir: string
  readonly names: readonly string[]
  readonly bytes: number
  readonly chunks: number
}

const nameOf = ({ number }: Document) => `text-${String(number).padStart(3, '0')}.txt`

const writeAll = (file: number, bytes: Buffer) => {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  return bytes.length
}

const writeText = (dir: string, document: Document): number => {
  const file = openSync(join(dir, nameOf(document)), 'w')
  let bytes = 0
  try {
    spin(document, plainEscape, 'utf8', 0, document.characters, part => {
      bytes += writeAll(file, part)
    })
  } finally {
    closeSync(file)
  }
  return bytes
}

/** Texts of one length each, the same for the same seed. */
export const makeTexts = async (dir: string, from: string, size: Size, seed: number): Promise<Texts> => {
  mkdirSync(dir, { recursive: true })
  const bodies = bodiesOf(await readTexts(from), plainEscape)
  const documents = makeDocuments(size, bodies, chanceFrom(seed)).map(document => ({
    ...document,
    characters: size.characters,
  }))
  const bytes = documents.reduce((sum, document) => sum + writeText(dir, document), 0)
  const chunks = documents.length * Math.ceil(size.characters / size.chunk)
  return { dir, names: documents.map(nameOf), bytes, chunks }
}
