import type { Follower, Recipe } from '../../cluster/cluster.ts'
import type { RowWindows } from '../intake.ts'

/** Text is counted by Spark: here nobody reads its words. */
const reader: Follower = {
  window: 0,
  add: () => {},
  terms: () => {},
  excerpt: () => Buffer.alloc(0),
  save: () => Buffer.alloc(0),
}

export const wordless: Recipe = { name: 'classic', looksBack: false, dimensions: 1, follow: () => reader }

export const windowless: RowWindows = {
  isFitDue: false,
  model: undefined,
  turnTo: () => {},
  onWindow: () => {},
  clusterOf: () => -1,
  waitFor: () => -1,
}
