import { AnswerTable } from '../chunk/answer-table.ts'
import type { FastLine } from '../chunk/fast-line.ts'
import type { Answer, Answers } from './answers.ts'
import type { Gathered } from './gathered.ts'

/** Who writes into which answer: one agent's part in it. */
export interface Voice {
  readonly agent_id: string | undefined
  readonly answer: Answer
  /** The batch that it was last written to, and its place in the voices there. */
  batch: number
  place: number
}

/** Finds the voice of a plain line by its bytes, without making strings of them; that of another record by its names. */
export class Voices {
  readonly #answers: Answers
  readonly #table = new AnswerTable()
  readonly #plain: Voice[] = []
  readonly #named = new Map<string, Voice>()

  constructor(answers: Answers) {
    this.#answers = answers
  }

  ofLine(bytes: Buffer, { agentFrom, agentTo, uriFrom, uriTo, idFrom, idTo }: FastLine): Voice {
    const number = this.#table.find(bytes, agentFrom, uriTo, bytes, idFrom, idTo)
    const known = this.#plain[number]
    if (known !== undefined) return known
    const uri = bytes.toString('utf8', uriFrom, uriTo)
    const agent = bytes.toString('utf8', agentFrom, agentTo)
    const voice = this.ofRecord(agent, uri, bytes.toString('utf8', idFrom, idTo))
    this.#plain.push(voice)
    return voice
  }

  ofRecord(agent_id: string | undefined, destinationUri: string, responseId: string): Voice {
    const answer = this.#answers.of(destinationUri, responseId)
    const key = agent_id === undefined ? answer.key : `${agent_id.length} ${agent_id}${answer.key}`
    const known = this.#named.get(key)
    if (known !== undefined) return known
    const voice = { agent_id, answer, batch: -1, place: 0 }
    this.#named.set(key, voice)
    return voice
  }

  /** To be called whenever answers are forgotten. */
  clear(): void {
    this.#table.clear()
    this.#plain.length = 0
    this.#named.clear()
  }
}

/** The voice's place in the batch. */
export const placeIn = ({ batch, rows }: Gathered, voice: Voice): number => {
  if (voice.batch === batch) return voice.place
  const { destination_uri, response_id } = voice.answer
  voice.batch = batch
  voice.place = rows.voices.length
  rows.voices.push({
    agent_id: voice.agent_id,
    destination_uri,
    response_id: response_id === '' ? undefined : response_id,
  })
  return voice.place
}
