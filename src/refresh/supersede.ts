import type { Answer } from './answer.ts'

export type Ignored = 'stranger' | 'another-agent' | 'cycle' | 'not-complete'

/** What becomes of the answers' claims to supersede one another. */
export interface Claims {
  /** By the claiming answer's `response_id`: why its claim does not count. */
  readonly ignored: ReadonlyMap<string, Ignored>
  /** By the superseded answer's `response_id`: who supersedes it. */
  readonly supersededBy: ReadonlyMap<string, string>
}

type ById = ReadonlyMap<string, Answer>

const isValid = (answers: ById, answer: Answer): boolean => {
  const old = answer.supersedes === undefined ? undefined : answers.get(answer.supersedes)
  return old !== undefined && old.responseId !== '' && old.agentId === answer.agentId
}

/** Every answer claims at most one other, so a walk along the claims either ends or comes back into a ring. */
const inCycle = (answers: ById): Set<string> => {
  const seenAt = new Map<string, number>()
  const cycles = new Set<string>()
  let walk = 0
  for (const start of answers.values()) {
    walk++
    let at: Answer | undefined = start
    while (at !== undefined && !seenAt.has(at.responseId)) {
      seenAt.set(at.responseId, walk)
      at = isValid(answers, at) ? answers.get(at.supersedes as string) : undefined
    }
    if (at === undefined || seenAt.get(at.responseId) !== walk) continue
    for (let ring = at; !cycles.has(ring.responseId); ring = answers.get(ring.supersedes as string) as Answer) {
      cycles.add(ring.responseId)
    }
  }
  return cycles
}

/**
 * The answers whose place a complete one takes, if need be over others that were given up on the way: they stand for as
 * much as a complete one when it comes to what they in turn supersede.
 */
const coveredBy = (answers: ById, cycles: ReadonlySet<string>): Set<string> => {
  const covered = new Set<string>()
  for (const start of answers.values()) {
    let at: Answer | undefined = start.state === 'complete' ? start : undefined
    while (at !== undefined && !covered.has(at.responseId)) {
      covered.add(at.responseId)
      at = isValid(answers, at) && !cycles.has(at.responseId) ? answers.get(at.supersedes as string) : undefined
    }
  }
  return covered
}

interface Decided {
  readonly answers: ById
  readonly cycles: ReadonlySet<string>
  readonly covered: ReadonlySet<string>
}

const whyIgnored = ({ answers, cycles, covered }: Decided, answer: Answer): Ignored | undefined => {
  const old = answers.get(answer.supersedes as string)
  if (old === undefined || old.responseId === '') return 'stranger'
  if (old.agentId !== answer.agentId) return 'another-agent'
  if (cycles.has(answer.responseId)) return 'cycle'
  if (!covered.has(answer.responseId) && old.state === 'complete') return 'not-complete'
  return undefined
}

/** Decides the claims of one document's answers, which come in the document's order. */
export const decideClaims = (inOrder: readonly Answer[]): Claims => {
  const answers = new Map(inOrder.map(answer => [answer.responseId, answer]))
  const cycles = inCycle(answers)
  const decided = { answers, cycles, covered: coveredBy(answers, cycles) }
  const ignored = new Map<string, Ignored>()
  const supersededBy = new Map<string, string>()
  for (const answer of inOrder) {
    if (answer.supersedes === undefined) continue
    const why = whyIgnored(decided, answer)
    if (why !== undefined) ignored.set(answer.responseId, why)
    else if (!supersededBy.has(answer.supersedes)) supersededBy.set(answer.supersedes, answer.responseId)
  }
  return { ignored, supersededBy }
}
