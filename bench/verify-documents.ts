import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../src/std/error.ts'
import type { Expected } from './manifest.ts'

/** What came out, against the manifest. */
export interface Verdict {
  readonly documents: number
  readonly missing: readonly string[]
  readonly different: readonly string[]
  /** Files that are no document, without those whose name begins with `_`. */
  readonly foreign: readonly string[]
}

const block = Buffer.allocUnsafe(1024 * 1024)

/** Read without promises: there may be 200,000 files. */
const digestOf = (path: string): string => {
  const hash = createHash('sha256')
  const file = openSync(path, 'r')
  try {
    for (let bytes = readSync(file, block); bytes > 0; bytes = readSync(file, block))
      hash.update(block.subarray(0, bytes))
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

/** Every document by its bytes, whatever program wrote it: it does not rely on a receipt. */
export const verifyDocuments = async (dir: string, documents: readonly Expected[]): Promise<Verdict> => {
  const names = new Set(await readdir(dir))
  const missing = documents.filter(({ file }) => !names.has(file)).map(({ uri }) => uri)
  const different = documents
    .filter(({ file, sha256 }) => names.has(file) && digestOf(join(dir, file)) !== sha256)
    .map(({ uri }) => uri)
  const expected = new Set(documents.map(({ file }) => file))
  const foreign = [...names].filter(name => !name.startsWith('_') && !expected.has(name)).sort()
  return { documents: documents.length, missing, different, foreign }
}

export const isRight = ({ missing, different, foreign }: Verdict): boolean =>
  missing.length + different.length + foreign.length === 0

const some = (what: string, names: readonly string[]) =>
  names.length === 0 ? [] : [`${names.length} ${what} (${JSON.stringify(names[0])}${names.length > 1 ? ', …' : ''})`]

/** `all 300 right`, or what is wrong. */
export const sayVerdict = (verdict: Verdict): string =>
  isRight(verdict)
    ? `all ${verdict.documents} right`
    : [
        ...some('missing', verdict.missing),
        ...some('different', verdict.different),
        ...some('that nobody asked for', verdict.foreign),
      ].join(', ')

export const mustBeRight = (dir: string, verdict: Verdict): void => {
  if (isRight(verdict)) return
  throw new StreamError('bench/wrong', `verify "${dir}" against its manifest: ${sayVerdict(verdict)}; this is a bug`)
}
