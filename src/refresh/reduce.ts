import { createHash } from 'node:crypto'
import { fileNameOf } from '../chunk/file-name.ts'
import { StreamError } from '../std/error.ts'
import type { Answer } from './answer.ts'
import { attemptFileOf, type DocumentRow, documentOf, type Plan, plan } from './document.ts'
import type { OpenFile } from './files.ts'
import { AnswerFold } from './fold.ts'
import type { Keyed } from './map.ts'
import { attemptsName } from './output.ts'
import type { Scratch } from './scratch.ts'

const answersPerDocumentMax = 1_000_000

/** Where the reduce puts what it makes. */
export interface ReduceTarget {
  /** Begins a file of the output; the one before it is closed. */
  readonly open: OpenFile
  /** For texts that are not yet in their place; empty between documents. */
  readonly scratch: Scratch
  /** Whether superseded answers are written too. */
  readonly attempts: boolean
  /** Called once a document's file is written, in the order of the documents. */
  readonly row: (row: DocumentRow) => void
}

interface Part {
  readonly answer: Answer
  /** Where its text lies in the scratch. */
  readonly from: number
}

const writeFile = (name: string, parts: readonly Part[], { open, scratch }: ReduceTarget): string => {
  const hash = parts.length === 1 ? undefined : createHash('sha256')
  using file = open(name)
  for (const { answer, from } of parts) {
    scratch.read(from, answer.bytes, bytes => {
      hash?.update(bytes)
      file.write(bytes)
    })
  }
  return hash === undefined ? parts[0].answer.sha256 : hash.digest('hex')
}

const writeAttempts = (uri: string, superseded: readonly Part[], target: ReduceTarget) => {
  for (const part of superseded)
    writeFile(`${attemptsName}/${attemptFileOf(uri, part.answer.responseId)}`, [part], target)
}

const finish = (uri: string, parts: readonly Part[], target: ReduceTarget) => {
  const partOf = new Map(parts.map(part => [part.answer, part]))
  const partsOf = (answers: readonly Answer[]) => answers.map(answer => partOf.get(answer) as Part)
  const decided: Plan = plan(parts.map(part => part.answer))
  const sha256 = writeFile(fileNameOf(uri), partsOf(decided.surviving), target)
  if (target.attempts) writeAttempts(uri, partsOf(decided.superseded), target)
  target.scratch.clear()
  target.row(documentOf(uri, decided, sha256, target.attempts))
}

const tooMany = (uri: string) =>
  new StreamError(
    'refresh/answers',
    `refresh "${uri}": it has more than ${answersPerDocumentMax} answers, more than fit into its line of _documents.ndjson; give each conversation its own destination_uri`,
  )

/** The reduce of the job: records of many documents, sorted → each document's file and its row. */
export const reduce = (sorted: Iterable<Keyed>, target: ReduceTarget): void => {
  const { scratch } = target
  const write = (bytes: Uint8Array) => scratch.append(bytes)
  let uri: string | undefined
  let responseId = ''
  let parts: Part[] = []
  let fold: AnswerFold | undefined
  let from = 0

  const endAnswer = () => {
    if (fold !== undefined) parts.push({ answer: fold.answer(), from })
    fold = undefined
    if (parts.length > answersPerDocumentMax) throw tooMany(uri as string)
  }
  const endDocument = () => {
    endAnswer()
    if (uri !== undefined) finish(uri, parts, target)
    parts = []
  }

  for (const record of sorted) {
    if (record.uri !== uri) endDocument()
    else if (record.responseId !== responseId) endAnswer()
    if (fold === undefined) {
      uri = record.uri
      responseId = record.responseId
      from = scratch.length
      fold = new AnswerFold(record, write)
    }
    fold.add(record)
  }
  endDocument()
}
