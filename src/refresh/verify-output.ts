import { isUtf8 } from 'node:buffer'
import { dirname } from 'node:path/posix'
import { isObject } from '../chunk/faults.ts'
import { fileNameOf } from '../chunk/file-name.ts'
import { compareUtf8 } from '../std/bytes.ts'
import { parseJson } from '../std/json.ts'
import { type Counters, countDocument, newCounters } from './counters.ts'
import { attemptFileOf, type DocumentRow } from './document.ts'
import type { Digest } from './files.ts'
import { attemptsName, documentsName, malformedName, receiptName } from './output.ts'
import type { Receipt } from './refresh.ts'
import type { Listing } from './runner.ts'
import { Ahead, andThen, forEach } from './verify-ahead.ts'
import type { Folder, Soon } from './verify-folder.ts'
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

interface Attempt extends Digest {
  readonly file: string
  readonly claimed: string
}

/** What the files of a row are now. */
interface Seen {
  readonly attempts: readonly (readonly [Attempt, Digest | undefined])[]
  readonly digest: Digest | undefined
}

/** Reads an output as its rows list it, and says in `findings` what is not as the receipt and the rows have it. */
export class OutputCheck {
  readonly #folder: Folder
  readonly #findings: Findings
  /** Of `_attempts`, itself and those of the documents: what really is a folder, and no link to one. */
  readonly #folders = new Set<string>()
  readonly #names = new Set<string>([receiptName, documentsName, malformedName, attemptsName])
  readonly #counters = newCounters()
  #lastUri = ''
  #rows = 0
  documents = 0
  bytes = 0

  constructor(folder: Folder, findings: Findings) {
    this.#folder = folder
    this.#findings = findings
  }

  /** Hands on every document whose file is there, in order; its file was read to its end. */
  async check(receipt: Receipt, onDocument: (verified: Verified) => void): Promise<void> {
    if (await this.#folder.isFolder(attemptsName)) this.#folders.add(attemptsName)
    const listing = await this.#checkListing(receipt.documents)
    await this.#checkListing(receipt.malformed)
    if (listing === undefined) return
    await this.#checkRows(onDocument)
    this.#compareCounters(receipt)
  }

  async #checkRows(onDocument: (verified: Verified) => void): Promise<void> {
    const ahead = new Ahead<DocumentRow | undefined, Seen | undefined>(
      this.#folder.filesAtOnce,
      row => row && this.#look(row),
      (row, seen) => {
        this.#rows++
        if (row === undefined) return this.#found(`${documentsName}, line ${this.#rows}`, 'is no row of a document')
        this.#checkRow(row, seen!)
        if (seen!.digest !== undefined) onDocument({ row, digest: seen!.digest })
      },
    )
    await forEach(this.#folder.lines(documentsName, rowBytesMax), line => ahead.push(parseRow(line), line.length))
    await ahead.end()
  }

  /** Files that lie in the output and that no refresh wrote; `undefined` if it is too large to look for them. */
  async extras(): Promise<Names | undefined> {
    if (this.#names.size >= namesMax) return undefined
    const into = new Names()
    for (const folder of ['', ...this.#folders]) {
      for await (const name of this.#folder.names(folder)) {
        const path = folder === '' ? name : `${folder}/${name}`
        if (!this.#names.has(path)) into.add(path)
      }
    }
    return into
  }

  async #checkListing(listing: Listing & { readonly file: string }) {
    const digest = await this.#folder.digest(listing.file)
    const problem = problemOf(digest, listing)
    if (problem !== undefined) this.#found(listing.file, `${problem} (by the receipt)`)
    return digest
  }

  #note(name: string) {
    if (this.#names.size < namesMax) this.#names.add(name)
  }

  #found(name: string, problem: string) {
    this.#findings.add('files', name, problem)
  }

  #look(row: DocumentRow): Soon<Seen> {
    const attempts = attemptsOf(row)
    if (attempts.length > 0) return this.#lookWithAttempts(row, attempts)
    return andThen(this.#folder.digest(fileNameOf(row.uri)), digest => ({ attempts: [], digest }))
  }

  async #lookWithAttempts(row: DocumentRow, attempts: readonly Attempt[]): Promise<Seen> {
    const seen: [Attempt, Digest | undefined][] = []
    for (const attempt of attempts) {
      const name = `${attemptsName}/${attempt.file}`
      seen.push([attempt, (await this.#isFolder(dirname(name))) ? await this.#folder.digest(name) : undefined])
    }
    return { attempts: seen, digest: await this.#folder.digest(fileNameOf(row.uri)) }
  }

  #checkRow(row: DocumentRow, { attempts, digest }: Seen) {
    if (this.#rows > 1 && compareUtf8(this.#lastUri, row.uri) >= 0)
      this.#found(documentsName, `is not sorted at "${row.uri}"`)
    this.#lastUri = row.uri
    countDocument(this.#counters, row)
    for (const [attempt, found] of attempts) this.#checkAttempt(attempt, found)
    this.#checkFile(row, digest)
  }

  #checkFile(row: DocumentRow, digest: Digest | undefined) {
    const file = fileNameOf(row.uri)
    this.#note(file)
    if (row.file !== file)
      this.#found(file, `is called "${row.file}" in ${documentsName}, which is not the name for "${row.uri}"`)
    const problem = problemOf(digest, row)
    if (problem !== undefined) this.#found(file, problem)
    this.documents++
    this.bytes += digest?.bytes ?? 0
  }

  #checkAttempt({ file, claimed, ...expected }: Attempt, digest: Digest | undefined) {
    const name = `${attemptsName}/${file}`
    this.#note(dirname(name))
    this.#note(name)
    if (claimed !== file) this.#found(name, `is called "${claimed}" in ${documentsName}`)
    const problem = problemOf(digest, expected)
    if (problem !== undefined) this.#found(name, problem)
  }

  async #isFolder(name: string): Promise<boolean> {
    if (this.#folders.has(name)) return true
    if (!this.#folders.has(attemptsName) || !(await this.#folder.isFolder(name))) return false
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
