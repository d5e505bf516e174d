import { closeSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Chunk, End, StreamRef } from '../chunk/chunk.ts'
import { fileNameOf } from '../chunk/file-name.ts'
import { errnoOf } from '../std/error.ts'
import { Block, bySeqBit } from './block.ts'
import { DocumentTable } from './document-table.ts'
import { type Facts, factsOf } from './facts.ts'
import { writeFully } from './files.ts'
import { GroupLog } from './group-log.ts'
import { digestOf } from './listing.ts'
import { repair } from './repair.ts'
import { accountOf, hashesFirst, hashShare, type InputShare, type InputTask, nothingShared, work } from './share.ts'
import { SliceReader } from './slices.ts'
import { Turns, together } from './turns.ts'

/**
 * The quick way, for logs of few documents of one answer each: every thread unescapes a slice of the log and writes each
 * document's part of it straight to its place in the document's file. What came too late for its place is put there at
 * the end, by moving the bytes around it (`repair`). Documents that are anything but simple are marked hard, and left
 * to the shuffle.
 */
export interface DirectTask extends InputTask {
  readonly out: string
  readonly documentsMax: number
  readonly sliceBytesMax: number
  readonly documents: SharedArrayBuffer
  readonly digests: SharedArrayBuffer
}

/** What only an odd record says of its answer. */
export interface Special {
  readonly document: number
  readonly source?: StreamRef
  readonly end?: End
  readonly endKey?: number
}

export interface DirectShare extends InputShare {
  readonly specials: Special[]
}

/** The code of the error that says: too many documents for this way. Nothing is lost, the shuffle does it. */
export const tooManyCode = 'TOO_MANY_DOCUMENTS'

const tooMany = () => Object.assign(new Error('too many documents to have all their files open'), { code: tooManyCode })

const isTooMany = (thrown: unknown) => ['EMFILE', 'ENFILE'].includes(errnoOf(thrown) ?? '')

class DirectThread {
  readonly specials: Special[] = []
  readonly #task: DirectTask
  readonly #turns: Turns
  readonly #documents: DocumentTable
  readonly #log: GroupLog
  readonly #block = new Block()
  /** By the block's number of an answer: the document's number, or −1 as long as it is unknown. */
  #documentOf = new Int32Array(1024).fill(-1)
  #offsets = new Float64Array(1024)

  constructor(task: DirectTask, turns: Turns, thread: number) {
    this.#task = task
    this.#turns = turns
    this.#documents = new DocumentTable(task.documents)
    this.#log = new GroupLog(join(task.scratch, `groups-${thread}`), thread, this.#documents)
  }

  read(reader: SliceReader): Block {
    this.#block.read(reader.bytes, reader.from, reader.to)
    return this.#block
  }

  /** In its turn: says where each document's part goes, and what the document now is. */
  place(): Facts[] {
    const { touched, touchedCount, table } = this.#block
    if (table.count > this.#task.documentsMax) throw tooMany()
    if (touchedCount > this.#offsets.length) this.#offsets = new Float64Array(touchedCount * 2)
    const facts = this.#facts
    this.#log.begin(this.#block)
    for (let i = 0; i < touchedCount; i++) {
      const document = this.#find(touched[i])
      this.#offsets[i] = this.#documents.sizes[document]
      this.#documents.add(document, this.#block.bits[touched[i]], facts[i])
      this.#log.add(document, this.#offsets[i], facts[i], touched[i])
      this.#note(document, facts[i])
    }
    return facts
  }

  #facts: Facts[] = []

  /** Before its turn: all that can be known without the other slices. */
  prepare(): void {
    const { touched, touchedCount } = this.#block
    this.#facts = []
    for (let i = 0; i < touchedCount; i++) this.#facts.push(factsOf(this.#block, touched[i]))
  }

  /** After its turn: the parts go to their places, while the next slice has its turn. */
  write(facts: readonly Facts[]): void {
    this.#log.write()
    const { touched, touchedCount, text, textFrom } = this.#block
    for (let i = 0; i < touchedCount; i++) {
      const document = this.#documentOf[touched[i]]
      if (facts[i].bytes === 0 || this.#documents.isHard(document)) continue
      const from = textFrom[touched[i]]
      const part = text.subarray(from, from + facts[i].bytes)
      writeFully(
        this.#documents.awaitFile(document, () => this.#turns.stopped),
        part,
        this.#offsets[i],
      )
    }
  }

  openNew(): void {
    const documents = this.#documents
    for (const document of this.#opened.splice(0)) {
      const path = join(this.#task.out, fileNameOf(documents.uriOf(document)))
      try {
        documents.setFile(document, openSync(path, 'w+'))
      } catch (thrown) {
        throw isTooMany(thrown) ? tooMany() : thrown
      }
    }
  }

  readonly #opened: number[] = []

  #find(answer: number): number {
    if (answer >= this.#documentOf.length) {
      const larger = new Int32Array(answer * 2).fill(-1)
      larger.set(this.#documentOf)
      this.#documentOf = larger
    }
    if (this.#documentOf[answer] >= 0) return this.#documentOf[answer]
    const known = this.#documents.count
    const { table } = this.#block
    const document = this.#documents.find(table.uriBytes(answer), table.idBytes(answer))
    if (document < 0 || document >= this.#task.documentsMax) throw tooMany()
    if (this.#documents.count > known) this.#opened.push(document)
    this.#documentOf[answer] = document
    return document
  }

  #note(document: number, { first, firstKey, end, endKey, ends }: Facts) {
    if (ends > 1) this.#documents.setHard(document)
    if (end !== undefined) this.specials.push({ document, end, endKey })
    if (first !== undefined) this.#noteFirst(document, first, firstKey)
  }

  /** In an answer without `seq` it is not known yet which record will be the first. */
  #noteFirst(document: number, { source, supersedes }: Chunk, firstKey: number) {
    const isSequenced = (this.#documents.bits[document] & bySeqBit) !== 0
    if ((source === undefined && supersedes === undefined) || (isSequenced && firstKey > 0)) return
    if (!isSequenced || supersedes !== undefined) this.#documents.setHard(document)
    else this.specials.push({ document, source: source as StreamRef })
  }

  /** When all slices are written: what is not in its place goes there, and each file gets its digest. */
  finish(): void {
    const documents = this.#documents
    const digests = Buffer.from(this.#task.digests)
    for (let at = this.#turns.claim(work.part); at < documents.count; at = this.#turns.claim(work.part)) {
      const file = documents.files[at]
      const path = join(this.#task.out, fileNameOf(documents.uriOf(at)))
      if (!documents.isHard(at) && documents.isLate(at) && !repair(at, documents, file)) documents.setHard(at)
      closeSync(file)
      documents.files[at] = 0
      if (documents.isHard(at)) unlinkSync(path)
      else digests.write(digestOf(path, 0, documents.sizes[at]), at * 32, 'hex')
    }
  }
}

/** One thread's share: reads, places and writes slices until none is left, then finishes documents. */
export const direct = (task: DirectTask, thread: number, tick?: (slices: number) => void): DirectShare => {
  const turns = new Turns(task.turns)
  return together<DirectShare>(
    turns,
    () => ({ ...nothingShared(), specials: [] }),
    () => {
      using account = accountOf(task, thread)
      const digests = hashesFirst(task, thread) ? hashShare(task, turns) : []
      const reader = new SliceReader(task.inputs, task.sliceBytesMax)
      const own = new DirectThread(task, turns, thread)
      for (let i = turns.claim(work.slice); i < task.slices.length; i = turns.claim(work.slice)) {
        reader.load(task.slices[i])
        const block = own.read(reader)
        own.prepare()
        account.add(i, task.slices[i], reader, block)
        turns.await(i)
        const facts = own.place()
        turns.pass(i)
        own.openNew()
        own.write(facts)
        tick?.(turns.claimed(work.slice))
      }
      reader.close()
      digests.push(...hashShare(task, turns))
      turns.meet()
      own.finish()
      return { counters: account.counters, malformed: account.parts, digests, specials: own.specials }
    },
  )
}
