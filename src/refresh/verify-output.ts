import { isUtf8 } from 'node:buffer'
import { lstatSync, opendirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isObject } from '../chunk/faults.ts'
import { fileNameOf } from '../chunk/file-name.ts'
import { compareUtf8 } from '../std/bytes.ts'
import { parseJson } from '../std/json.ts'
import { type Counters, countDocument, newCounters } from './counters.ts'
import { attemptFileOf, type DocumentRow } from './document.ts'
import type { Digest } from './files.ts'
import { linesOf } from './lines.ts'
import { attemptsName, documentsName, malformedName, receiptName } from './output.ts'
import type { Receipt } from './refresh.ts'
import type { Listing } from './runner.ts'
import { digestOfFile, openFile } from './verify-read.ts'
import { type Findings, Names } from './verify-report.ts'

/** A row of more bytes (a document of hundreds of thousands of answers) is not read. */
const rowBytesMax = 256 * 1024 * 1024
/** Of an output of more files, foreign ones are not looked for. */
const namesMax = 300_000

/** A document of the output, and the digest of its file as it lies there now. */
export interface Verified {
  readonly row: DocumentRow
  readonly digest: Digest
}

const problemOf = (found: Digest | undefined, expected: Digest): string | undefined => {
  if (found === undefined) return 'is missing'
  if (found.bytes !== expected.bytes) return `has ${found.bytes} bytes, not ${expected.bytes}`
  return found.sha256 === expected.sha256 ? undefined : 'has another sha256'
}

const checkListing = (out: string, listing: Listing & { readonly file: string }, findings: Findings) => {
  const problem = problemOf(digestOfFile(join(out, listing.file)), listing)
  if (problem !== undefined) findings.add('files', listing.file, `${problem} (by the receipt)`)
}

const rowCounts = ['answers', 'chunks', 'bytes', 'repeats', 'conflicts', 'gaps', 'missing', 'out_of_order'] as const
const states: readonly unknown[] = ['complete', 'open', 'incomplete', 'unsequenced']

const isParts = (value: unknown) => value === undefined || (Array.isArray(value) && value.every(isObject))

const isRow = (row: unknown): row is DocumentRow & Record<string, unknown> =>
  isObject(row) &&
  typeof row.uri === 'string' &&
  row.uri !== '' &&
  states.includes(row.state) &&
  rowCounts.every(name => Number.isFinite(row[name])) &&
  isParts(row.parts)

const parseRow = (line: Buffer): DocumentRow | undefined => {
  const row = isUtf8(line) ? parseJson(line.toString()) : undefined
  return isRow(row) ? row : undefined
}

/** The names come from the uri, never from the row: a row that was tampered with leads nowhere else. */
const attemptsOf = ({ uri, parts }: DocumentRow) =>
  (parts ?? []).flatMap(part => {
    if (part.file === undefined) return []
    const file = attemptFileOf(uri, typeof part.response_id === 'string' ? part.response_id : '')
    return [{ file, claimed: part.file, bytes: part.bytes, sha256: part.sha256 }]
  })

/** One after another: a folder may hold more names than should be in memory at once. */
function* namesIn(path: string): Generator<string> {
  const dir = opendirSync(path)
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) yield entry.name
  } finally {
    dir.closeSync()
  }
}

const isFolder = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Reads an output as its rows list it, and says in `findings` what is not as the receipt and the rows have it. */
export class OutputCheck {
  readonly #out: string
  readonly #findings: Findings
  /** Of `_attempts`, itself and those of the documents: what really is a folder, and no link to one. */
  readonly #folders = new Set<string>()
  readonly #names = new Set<string>([receiptName, documentsName, malformedName, attemptsName])
  readonly #counters = newCounters()
  #lastUri = ''
  #rows = 0
  documents = 0
  bytes = 0

  constructor(out: string, findings: Findings) {
    this.#out = out
    this.#findings = findings
    if (isFolder(join(out, attemptsName))) this.#folders.add(attemptsName)
  }

  /** Every document whose file is there, in order; its file was read to its end. */
  *documentsOf(receipt: Receipt): Generator<Verified> {
    checkListing(this.#out, receipt.documents, this.#findings)
    checkListing(this.#out, receipt.malformed, this.#findings)
    using file = openFile(join(this.#out, documentsName))
    if (file === undefined) return
    for (const line of linesOf(file.fd, 0, file.size, rowBytesMax)) {
      this.#rows++
      const row = line.bytes.length === line.length ? parseRow(line.bytes) : undefined
      if (row === undefined) this.#found(`${documentsName}, line ${this.#rows}`, 'is no row of a document')
      else {
        const digest = this.#check(row)
        if (digest !== undefined) yield { row, digest }
      }
    }
    this.#compareCounters(receipt)
  }

  /** Files that lie in the output and that no refresh wrote; `undefined` if it is too large to look for them. */
  extras(): Names | undefined {
    if (this.#names.size >= namesMax) return undefined
    const into = new Names()
    for (const folder of ['', ...this.#folders]) {
      for (const name of namesIn(join(this.#out, folder))) {
        if (!this.#names.has(join(folder, name))) into.add(join(folder, name))
      }
    }
    return into
  }

  #note(name: string) {
    if (this.#names.size < namesMax) this.#names.add(name)
  }

  #found(name: string, problem: string) {
    this.#findings.add('files', name, problem)
  }

  #check(row: DocumentRow): Digest | undefined {
    if (this.#rows > 1 && compareUtf8(this.#lastUri, row.uri) >= 0)
      this.#found(documentsName, `is not sorted at "${row.uri}"`)
    this.#lastUri = row.uri
    countDocument(this.#counters, row)
    for (const attempt of attemptsOf(row)) this.#checkAttempt(attempt)
    return this.#checkFile(row)
  }

  #checkFile(row: DocumentRow): Digest | undefined {
    const file = fileNameOf(row.uri)
    this.#note(file)
    if (row.file !== file)
      this.#found(file, `is called "${row.file}" in ${documentsName}, which is not the name for "${row.uri}"`)
    const digest = digestOfFile(join(this.#out, file))
    const problem = problemOf(digest, row)
    if (problem !== undefined) this.#found(file, problem)
    this.documents++
    this.bytes += digest?.bytes ?? 0
    return digest
  }

  #checkAttempt({ file, claimed, ...expected }: Digest & { file: string; claimed: string }) {
    const name = `${attemptsName}/${file}`
    this.#note(dirname(name))
    this.#note(name)
    if (claimed !== file) this.#found(name, `is called "${claimed}" in ${documentsName}`)
    const digest = this.#isFolder(dirname(name)) ? digestOfFile(join(this.#out, name)) : undefined
    const problem = problemOf(digest, expected)
    if (problem !== undefined) this.#found(name, problem)
  }

  #isFolder(name: string): boolean {
    if (this.#folders.has(name)) return true
    if (!this.#folders.has(attemptsName) || !isFolder(join(this.#out, name))) return false
    if (this.#folders.size < namesMax) this.#folders.add(name)
    return true
  }

  #compareCounters({ counters, documents, malformed }: Receipt) {
    if (this.#rows !== documents.count) this.#found(documentsName, `has ${this.#rows} lines, not ${documents.count}`)
    const lines = { lines: counters.blank + counters.records + counters.malformed + counters.open_lines }
    const ofLog = ['blank', 'records', 'malformed', 'open_lines'] as const
    const expected: Counters = { ...this.#counters, ...lines }
    for (const name of ofLog) expected[name] = counters[name]
    expected.malformed = malformed.count
    for (const name of Object.keys(expected) as (keyof Counters)[]) {
      if (expected[name] !== counters[name])
        this.#found(receiptName, `counts ${counters[name]} ${name}, but its files say ${expected[name]}`)
    }
  }
}
