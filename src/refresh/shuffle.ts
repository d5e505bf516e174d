import { createHash } from 'node:crypto'
import { closeSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { hashBytes } from '../chunk/answer-table.ts'
import type { Chunk } from '../chunk/chunk.ts'
import { fileNameOf } from '../chunk/file-name.ts'
import { compareUtf8 } from '../std/bytes.ts'
import type { Answer } from './answer.ts'
import { Block } from './block.ts'
import { type Counters, newCounters } from './counters.ts'
import { attemptFileOf, type DocumentRow, documentOf, plan } from './document.ts'
import { factsOf } from './facts.ts'
import { filesIn, readFully, writeFully } from './files.ts'
import { Rows } from './listing.ts'
import { compare, mapper } from './map.ts'
import { attemptsName } from './output.ts'
import { type ReduceTarget, reduce } from './reduce.ts'
import { Scratch } from './scratch.ts'
import { accountOf, hashesFirst, hashShare, type InputShare, type InputTask, nothingShared, work } from './share.ts'
import { simpleAnswerOf } from './simple.ts'
import { SliceReader } from './slices.ts'
import { reduceSpool } from './spools.ts'
import { Turns, together } from './turns.ts'

/** A spool that is larger is sorted on the disk instead of in memory. */
export const spoolBytesMax = 12 * 1024 * 1024

/**
 * The general way, first half: every thread sends the lines of its slices to the spools of their documents, in the order
 * of arrival.
 */
export interface ShuffleTask extends InputTask {
  readonly sliceBytesMax: number
  /** Descriptors of the spools' files. */
  readonly spools: readonly number[]
  /** How long each spool is; a double each. */
  readonly lengths: SharedArrayBuffer
  /** Only documents of these uris, where only some are wanted. */
  readonly uris: ReadonlySet<string> | undefined
}

const newline = 0x0a
const notWanted = -1

class Shuffler {
  readonly #task: ShuffleTask
  readonly #lengths: Float64Array
  readonly #block = new Block()
  readonly #bytesOf: Int32Array
  readonly #writeAt: Int32Array
  readonly #offsets: Float64Array
  #lines: Buffer = Buffer.alloc(0)
  #spoolOf = new Int32Array(1024)

  constructor(task: ShuffleTask) {
    this.#task = task
    this.#lengths = new Float64Array(task.lengths)
    this.#bytesOf = new Int32Array(task.spools.length)
    this.#writeAt = new Int32Array(task.spools.length)
    this.#offsets = new Float64Array(task.spools.length)
  }

  /** Reads the lines of a slice and lays them out by spool. */
  read(reader: SliceReader): Block {
    this.#block.clear()
    this.#block.index(reader.bytes, reader.from, reader.to)
    this.#assign()
    this.#lay()
    return this.#block
  }

  /** In its turn. */
  place(): void {
    for (let spool = 0; spool < this.#offsets.length; spool++) {
      this.#offsets[spool] = this.#lengths[spool]
      this.#lengths[spool] += this.#bytesOf[spool]
    }
  }

  write(): void {
    for (const [spool, file] of this.#task.spools.entries()) {
      const to = this.#writeAt[spool]
      const bytes = this.#bytesOf[spool]
      if (bytes > 0) writeFully(file, this.#lines.subarray(to - bytes, to), this.#offsets[spool])
    }
  }

  #assign() {
    const { table, touched, touchedCount } = this.#block
    const { uris, spools } = this.#task
    if (table.count > this.#spoolOf.length) this.#spoolOf = new Int32Array(table.count * 2)
    for (let i = 0; i < touchedCount; i++) {
      const uri = table.uriBytes(touched[i])
      const wanted = uris === undefined || uris.has(uri.toString())
      const hash = (hashBytes(uri, 0, uri.length) >>> 0) ^ spoolSeed
      this.#spoolOf[touched[i]] = wanted ? (hash >>> 0) % spools.length : notWanted
    }
  }

  #lay() {
    const { records, answerOf } = this.#block
    this.#bytesOf.fill(0)
    for (let record = 0; record < records; record++) {
      const spool = this.#spoolOf[answerOf[record]]
      if (spool !== notWanted) this.#bytesOf[spool] += this.#block.lineTo[record] - this.#block.lineFrom[record] + 1
    }
    let at = 0
    for (let spool = 0; spool < this.#bytesOf.length; spool++) {
      this.#writeAt[spool] = at
      at += this.#bytesOf[spool]
    }
    if (at > this.#lines.length) this.#lines = Buffer.allocUnsafeSlow(at + at / 8)
    this.#copy(records)
  }

  #copy(records: number) {
    const { answerOf } = this.#block
    const lines = this.#lines
    for (let record = 0; record < records; record++) {
      const spool = this.#spoolOf[answerOf[record]]
      if (spool === notWanted) continue
      const line = this.#block.lineOf(record)
      const at = this.#writeAt[spool]
      lines.set(line, at)
      lines[at + line.length] = newline
      this.#writeAt[spool] = at + line.length + 1
    }
  }
}

/** Other than the seed of the tables within a spool, so that its documents do not all fall into few of their slots. */
const spoolSeed = 0x2545f491

export const shuffle = (task: ShuffleTask, thread: number, tick?: (slices: number) => void): InputShare => {
  const turns = new Turns(task.turns)
  return together(turns, nothingShared, () => {
    using account = accountOf(task, thread)
    const digests = hashesFirst(task, thread) ? hashShare(task, turns) : []
    const reader = new SliceReader(task.inputs, task.sliceBytesMax)
    const shuffler = new Shuffler(task)
    for (let i = turns.claim(work.slice); i < task.slices.length; i = turns.claim(work.slice)) {
      reader.load(task.slices[i])
      account.add(i, task.slices[i], reader, shuffler.read(reader))
      turns.await(i)
      shuffler.place()
      turns.pass(i)
      shuffler.write()
      tick?.(turns.claimed(work.slice))
    }
    reader.close()
    digests.push(...hashShare(task, turns))
    turns.meet()
    return { counters: account.counters, malformed: account.parts, digests }
  })
}

/** The general way, second half: threads take spool after spool and write its documents. */
export interface ReduceTask {
  readonly turns: SharedArrayBuffer
  readonly scratch: string
  readonly out: string
  readonly attempts: boolean
  readonly spools: readonly { readonly path: string; readonly file: number; readonly bytes: number }[]
}

export interface ReduceShare {
  readonly counters: Counters
  /** Files with the rows of one spool each, sorted. */
  readonly rows: readonly string[]
}

interface Member {
  readonly answer: number
  readonly uri: string
}

/** Reduces the documents of one block, which holds all their lines. */
class BlockReducer {
  readonly #block: Block
  readonly #target: ReduceTarget

  constructor(block: Block, target: ReduceTarget) {
    this.#block = block
    this.#target = target
  }

  run(): void {
    const { touched, touchedCount, table } = this.#block
    const members: Member[] = []
    for (let i = 0; i < touchedCount; i++) {
      members.push({ answer: touched[i], uri: table.uriBytes(touched[i]).toString() })
    }
    members.sort((a, b) => compareUtf8(a.uri, b.uri))
    for (let from = 0; from < members.length; ) {
      let to = from + 1
      while (to < members.length && members[to].uri === members[from].uri) to++
      this.#document(
        members[from].uri,
        members.slice(from, to).map(({ answer }) => answer),
      )
      from = to
    }
  }

  #document(uri: string, members: readonly number[]) {
    const answers: Answer[] = []
    for (const member of members) {
      const answer = simpleAnswerOf(this.#block, member, factsOf(this.#block, member), members.length === 1)
      if (answer === undefined) return this.#reduce(members)
      answers.push(answer)
    }
    const decided = plan(answers)
    const memberOf = members.length === 1 ? undefined : new Map(answers.map((answer, i) => [answer, members[i]]))
    const textOf = (answer: Answer) => {
      const from = this.#block.textFrom[memberOf?.get(answer) ?? members[0]]
      return this.#block.text.subarray(from, from + answer.bytes)
    }
    const sha256 = this.#write(fileNameOf(uri), decided.surviving.map(textOf), decided.surviving)
    if (this.#target.attempts) this.#writeAttempts(uri, decided.superseded, decided.superseded.map(textOf))
    this.#target.row(documentOf(uri, decided, sha256, this.#target.attempts))
  }

  #write(name: string, texts: readonly Buffer[], answers: readonly Answer[]): string {
    using file = this.#target.open(name)
    for (const text of texts) file.write(text)
    if (answers.length === 1) return answers[0].sha256
    const hash = createHash('sha256')
    for (const text of texts) hash.update(text)
    return hash.digest('hex')
  }

  #writeAttempts(uri: string, superseded: readonly Answer[], texts: readonly Buffer[]) {
    for (const [i, answer] of superseded.entries()) {
      this.#write(`${attemptsName}/${attemptFileOf(uri, answer.responseId)}`, [texts[i]], [answer])
    }
  }

  /** What is not simple goes the way of every record of every runner. */
  #reduce(members: readonly number[]) {
    const { order, firsts, counts } = this.#block
    const records = members.flatMap(m => [...order.subarray(firsts[m], firsts[m] + counts[m])]).sort((a, b) => a - b)
    const map = mapper()
    const keyed = records.map(record => map(this.#block.chunkOf(record) as Chunk, record))
    reduce(keyed.sort(compare), this.#target)
  }
}

export const reduceShare = (task: ReduceTask, thread: number): ReduceShare => {
  const turns = new Turns(task.turns)
  return together<ReduceShare>(
    turns,
    () => ({ counters: newCounters(), rows: [] }),
    () => {
      const counters = newCounters()
      const made: string[] = []
      const block = new Block()
      let bytes = Buffer.alloc(0)
      const open = filesIn(task.out)
      using scratch = new Scratch(join(task.scratch, `texts-${thread}`))
      for (let i = turns.claim(work.part); i < task.spools.length && !turns.stopped; i = turns.claim(work.part)) {
        const spool = task.spools[i]
        const path = join(task.scratch, `rows-${i}`)
        made.push(path)
        using rows = new Rows(path, counters)
        const target = { open, scratch, attempts: task.attempts, row: (row: DocumentRow) => rows.add(row) }
        if (spool.bytes > spoolBytesMax) reduceSpool(spool.path, target)
        else {
          if (spool.bytes > bytes.length) bytes = Buffer.allocUnsafeSlow(spool.bytes + spool.bytes / 4)
          readFully(spool.file, bytes, 0, spool.bytes, 0)
          block.clear()
          block.read(bytes, 0, spool.bytes)
          new BlockReducer(block, target).run()
          unlinkSync(spool.path)
        }
        closeSync(spool.file)
      }
      return { counters, rows: made }
    },
  )
}
