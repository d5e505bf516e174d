import { asBuffer } from '../std/bytes.ts'
import type { ClusterFacts, SampledWindow } from './cluster.ts'
import { overlapping, sameAnswer } from './excerpts.ts'

export const nearestMax = 5

/** Of one answer, as long as there are others. */
export const perAnswerMax = 2

const shown = ({ place, excerpt }: SampledWindow) => ({ ...place, excerpt: asBuffer(excerpt).toString('utf8') })

/** Adds windows, the first ones first, that show what none of those found shows, and at most `perAnswer` of an answer. */
const add = (found: Set<SampledWindow>, windows: readonly SampledWindow[], perAnswer: number) => {
  for (const window of windows) {
    if (found.size === nearestMax) return
    const others = [...found]
    if (others.filter(other => sameAnswer(other, window)).length >= perAnswer) continue
    if (!others.some(other => overlapping(other.excerpt, window.excerpt))) found.add(window)
  }
}

/**
 * The windows of one cluster, places in `sample`, that are nearest to its centre, nearest first: at most `nearestMax`,
 * none that overlaps another one, and of several answers if the cluster has windows of several.
 */
export const nearestOf = (
  members: ArrayLike<number>,
  sample: readonly SampledWindow[],
  distance: ArrayLike<number>,
): ClusterFacts['nearest'] => {
  const windows = Array.from(members)
    .sort((a, b) => distance[a] - distance[b] || sample[a].number - sample[b].number)
    .map(at => sample[at])
  const found = new Set<SampledWindow>()
  add(found, windows, perAnswerMax)
  add(found, windows, nearestMax)
  return windows.filter(window => found.has(window)).map(shown)
}
