import { AnswerTable } from '../chunk/answer-table.ts'
import { Seen } from '../consume/seen.ts'
import { Taken } from '../produce/taken.ts'

/** Beyond these, the half that was silent for longest is forgotten; their texts can be read all the same. */
const documentsMax = 200_000
const answersMax = 500_000
/** Names that are kept of those who wrote a document. */
const agentsMax = 8
/** Places in the topic, of all documents together. */
const placesMax = 16 * 1024 * 1024

const limits = { documentsMax, answersMax, placesMax }

/** What is known of an answer, as far as its records say it one by one. */
export interface Answer {
  readonly document: Document
  readonly id: string
  readonly agent: string
  readonly seen: Seen
  /** Records with a number, and without one. */
  numbered: number
  unnumbered: number
  bytes: number
  characters: number
  first: number
  last: number
  /** By the clock of this process. */
  arrivedMs: number
  ended: string | undefined
  endSeq: number
  endChunks: number
  supersedes: string | undefined
  /** Micros; when the stream was asked for, and its first text. */
  requested: number
  firstText: number
}

export interface Document {
  readonly uri: string
  /** What a search looks at. */
  readonly words: string
  readonly agents: string[]
  readonly answers: Answer[]
  /** Where in the topic its records lie. */
  readonly places: number[]
  /** Whether these are all; false if it may have been forgotten before. */
  readonly isWhole: boolean
  records: number
  last: number
}

const newAnswer = (document: Document, id: string, agent: string): Answer => ({
  document,
  id,
  agent,
  seen: new Seen(),
  numbered: 0,
  unnumbered: 0,
  bytes: 0,
  characters: 0,
  first: Number.NaN,
  last: Number.NaN,
  arrivedMs: 0,
  ended: undefined,
  endSeq: -1,
  endChunks: -1,
  supersedes: undefined,
  requested: Number.NaN,
  firstText: Number.NaN,
})

/** All documents of a topic by what a list shows of them. */
export class Catalog {
  #table = new AnswerTable()
  #answers: Answer[] = []
  #documents = new Map<string, Document>()
  #places = 0
  readonly #limits: typeof limits
  readonly #forgotten = new Taken()
  /** Whether documents were forgotten: then one that is not here may be in the topic all the same. */
  isPartial = false

  constructor(smaller: Partial<typeof limits> = {}) {
    this.#limits = { ...limits, ...smaller }
  }

  get documents(): Iterable<Document> {
    return this.#documents.values()
  }

  get count(): number {
    return this.#documents.size
  }

  get(uri: string): Document | undefined {
    return this.#documents.get(uri)
  }

  /** The answer that these bytes name. `agent` is who wrote the record. */
  find(
    line: Buffer,
    uriFrom: number,
    uriTo: number,
    id: Buffer,
    idFrom: number,
    idTo: number,
    agent: () => string,
  ): Answer {
    const number = this.#table.find(line, uriFrom, uriTo, id, idFrom, idTo)
    if (number < this.#answers.length) return this.#answers[number]
    const answer = this.#begin(line.toString('utf8', uriFrom, uriTo), id.toString('utf8', idFrom, idTo), agent())
    this.#answers.push(answer)
    return answer
  }

  note(document: Document, place: number): void {
    document.records++
    if (document.places.at(-1) === place) return
    document.places.push(place)
    this.#places++
  }

  /** Between batches: forgets what there is no room for. */
  trim(): void {
    const { documentsMax, answersMax, placesMax } = this.#limits
    const isFull = this.count > documentsMax || this.#answers.length > answersMax || this.#places > placesMax
    if (!isFull || this.#documents.size < 2) return
    this.isPartial = true
    const byAge = [...this.#documents.values()].sort((a, b) => lastArrival(b) - lastArrival(a))
    this.#documents = new Map()
    this.#table = new AnswerTable()
    this.#answers = []
    this.#places = 0
    const kept = byAge.length >> 1
    for (const document of byAge.slice(0, kept)) this.#keep(document)
    for (const { uri } of byAge.slice(kept)) this.#forgotten.add(Buffer.from(uri))
  }

  #keep(document: Document) {
    this.#documents.set(document.uri, document)
    this.#places += document.places.length
    const uri = Buffer.from(document.uri)
    for (const answer of document.answers) {
      const id = Buffer.from(answer.id)
      this.#table.find(uri, 0, uri.length, id, 0, id.length)
      this.#answers.push(answer)
    }
  }

  #begin(uri: string, id: string, agent: string): Answer {
    const document = this.#documents.get(uri) ?? this.#beginDocument(uri, agent)
    const answer = newAnswer(document, id, agent)
    document.answers.push(answer)
    addAgent(document, agent)
    return answer
  }

  #beginDocument(uri: string, agent: string): Document {
    const isWhole = !this.isPartial || !this.#forgotten.has(Buffer.from(uri))
    const words = `${uri}\n${agent}`.toLowerCase()
    const document = { uri, words, agents: [], answers: [], places: [], isWhole, records: 0, last: Number.NaN }
    this.#documents.set(uri, document)
    return document
  }
}

const lastArrival = ({ answers }: Document) => answers.at(-1)!.arrivedMs

const addAgent = (document: Document, agent: string) => {
  const { agents } = document
  if (agent === '' || agents.includes(agent) || agents.length >= agentsMax) return
  agents.push(agent)
  if (agents.length > 1) (document as { words: string }).words += `\n${agent.toLowerCase()}`
}
