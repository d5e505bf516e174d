import type { Answer as Account, State } from '../refresh/answer.ts'
import { plan } from '../refresh/document.ts'
import type { DocumentEntry } from './api.ts'
import type { Answer, Document } from './catalog.ts'

/** As far as counters can tell: no digest is checked. */
export const stateOf = (answer: Answer): State => {
  const { numbered, unnumbered, seen, ended, endSeq, endChunks } = answer
  if (numbered === 0) return 'unsequenced'
  if (seen.end !== numbered) return 'incomplete'
  if (ended === undefined) return 'open'
  return endSeq === numbered - 1 && endChunks === endSeq && unnumbered === 0 ? 'complete' : 'incomplete'
}

export const chunksOf = ({ numbered, unnumbered, ended }: Answer): number =>
  numbered + unnumbered - (ended === undefined ? 0 : 1)

const accountOf = (answer: Answer): Account => ({
  responseId: answer.id,
  agentId: answer.agent,
  source: undefined,
  supersedes: answer.supersedes,
  end: undefined,
  state: stateOf(answer),
  chunks: 0,
  bytes: 0,
  sha256: '',
  firstMicros: answer.first,
  lastMicros: answer.last,
  repeats: 0,
  conflicts: 0,
  gaps: 0,
  missing: 0,
  outOfOrder: 0,
  faults: [],
})

/** Without those that are superseded. */
const surviving = ({ answers }: Document): readonly Answer[] => {
  if (!answers.some(({ supersedes }) => supersedes !== undefined)) return answers
  const ids = new Set(plan(answers.map(accountOf)).surviving.map(({ responseId }) => responseId))
  return answers.filter(({ id }) => ids.has(id))
}

const severity: readonly State[] = ['incomplete', 'open', 'unsequenced', 'complete']
const worst = (answers: readonly Answer[]): State => {
  const states = new Set(answers.map(stateOf))
  return severity.find(state => states.has(state)) ?? 'open'
}

const orNull = (micros: number) => (Number.isFinite(micros) ? micros : null)
const times = (answers: readonly Answer[], of: (answer: Answer) => number) =>
  answers.map(of).filter(micros => !Number.isNaN(micros))

/** What the list shows of a document. */
export const entryOf = (document: Document): DocumentEntry => {
  const answers = surviving(document)
  return {
    uri: document.uri,
    agents: document.agents,
    state: worst(answers),
    answers: answers.length,
    chunks: answers.reduce((sum, answer) => sum + chunksOf(answer), 0),
    bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
    first: orNull(Math.min(...times(answers, ({ first }) => first))),
    last: orNull(Math.max(...times(answers, ({ last }) => last))),
  }
}
