import { StreamError } from '../std/error.ts'
import { pick, type Random } from './chance.ts'
import type { Taken } from './taken.ts'
import { firstNames, words } from './words.ts'

const drawsPerLength = 8
const wordsMax = 5

export const agentName = (random: Random): string => `Agent_${pick(random, firstNames)}`

const draw = (random: Random, length: number) => `/${Array.from({ length }, () => pick(random, words)).join('-')}.md`

/** A document that nobody writes yet, from now on taken: `/alone.md`, or `/alone-lantern.md` where single words run out. */
export const freeUri = (random: Random, taken: Taken): string => {
  for (let draws = 0; draws < drawsPerLength * wordsMax; draws++) {
    const uri = draw(random, 1 + Math.floor(draws / drawsPerLength))
    const bytes = Buffer.from(uri)
    if (taken.has(bytes)) continue
    taken.add(bytes)
    return uri
  }
  throw new StreamError('produce/names', 'no free name for a document: the topic holds too many; start a new log')
}

/** Sorts by time; `random` makes it another one for every answer of the same microsecond. */
export const responseId = (eventTime: string, random: Random): string => {
  const digits = eventTime.replace(/\D/g, '')
  return `${digits}-${Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')}`
}
