import { direct } from './direct.ts'
import { reduceShare, shuffle } from './shuffle.ts'

/** What threads do together; each is called in every thread with the same task. */
export const phases = { direct, shuffle, reduceShare }
