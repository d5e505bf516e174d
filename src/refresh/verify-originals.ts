import { opendirSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { StreamError } from '../std/error.ts'
import type { Digest } from './files.ts'
import type { Verified } from './verify-output.ts'
import { digestOfFile, sameDigest } from './verify-read.ts'
import { type Findings, Names } from './verify-report.ts'

/** Their names and digests are kept in memory. */
const originalsMax = 300_000

/** A link may name another text of the folder, as a source serves it; one that leads out is none of its texts. */
const isInside = (dir: string, path: string) => {
  try {
    return realpathSync(path).startsWith(dir.endsWith(sep) ? dir : dir + sep)
  } catch {
    return false
  }
}

const usage = (message: string) => new StreamError('verify/usage', message)

/** The texts of a folder, as a source lists them: its files, but none that begins with a dot. */
const originalsIn = (against: string): Map<string, Digest> => {
  if (!statSync(against, { throwIfNoEntry: false })?.isDirectory())
    throw usage(`verify --against "${against}": no such folder; give the one that the texts came from`)
  const root = realpathSync(against)
  const originals = new Map<string, Digest>()
  const dir = opendirSync(root)
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
      const { name } = entry
      const path = join(root, name)
      if (name.startsWith('.') || !isInside(root, path)) continue
      const digest = digestOfFile(path, { links: true })
      if (digest !== undefined) originals.set(name, digest)
      if (originals.size > originalsMax) throw usage(`verify --against "${against}": more than ${originalsMax} files`)
    }
  } finally {
    dir.closeSync()
  }
  return originals
}

/** Compares documents with the texts that they were captured from. */
export class OriginalsCheck {
  readonly #originals: Map<string, Digest>
  readonly #contents: Set<string>
  readonly #foundNames = new Set<string>()
  readonly #foundContents = new Set<string>()
  readonly #findings: Findings
  readonly withoutDocument = new Names()
  readonly withoutOriginal = new Names()
  /** Documents that are the same as an original, byte for byte. */
  same = 0

  constructor(against: string, findings: Findings) {
    this.#findings = findings
    this.#originals = originalsIn(against)
    this.#contents = new Set([...this.#originals.values()].map(({ sha256 }) => sha256))
  }

  get count(): number {
    return this.#originals.size
  }

  add({ row, digest }: Verified): void {
    const name = row.source?.file
    const original = typeof name === 'string' ? this.#originals.get(name) : undefined
    if (original !== undefined) this.#compare(row.file, name as string, original, digest)
    else if (this.#contents.has(digest.sha256)) this.#isSame(digest)
    else {
      this.withoutOriginal.add(row.uri)
      this.#findings.add('originals', row.uri, 'has no original with its bytes')
    }
  }

  end(): void {
    for (const [name, { sha256 }] of this.#originals) {
      if (this.#foundNames.has(name) || this.#foundContents.has(sha256)) continue
      this.withoutDocument.add(name)
      this.#findings.add('originals', name, 'has no document with its bytes')
    }
  }

  #isSame(digest: Digest) {
    this.same++
    this.#foundContents.add(digest.sha256)
  }

  #compare(file: string, name: string, original: Digest, digest: Digest) {
    this.#foundNames.add(name)
    if (sameDigest(original, digest)) this.#isSame(digest)
    else
      this.#findings.add(
        'originals',
        file,
        `differs from "${name}": ${digest.bytes} bytes, not ${original.bytes}, or others`,
      )
  }
}
