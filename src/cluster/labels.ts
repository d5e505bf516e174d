import { asBuffer } from '../std/bytes.ts'
import { excerptBytesMax, type SampledWindow } from './cluster.ts'
import { answerOf, overlapEnd } from './excerpts.ts'
import { eachLabelWord } from './label-words.ts'

/** Windows that are counted, over all clusters, and at least of each. */
const windowsMax = 1024
const perClusterMin = 16
/** Different words that are counted; those that come later are not. */
const wordsMax = 65_536
/** A word of fewer windows says little of a cluster. */
const windowsMin = 2
/** Standard deviations by which a word has to be more frequent in a cluster than in the others to tell it from them. */
const apartMin = 1
/** What the prior weighs, as a part of all that was counted; the more, the less common words say. */
const priorShare = 0.3

const labelTerms = 3
export const termsMax = 10

/** What tells one cluster from the others, most distinctive first, with a score. */
export type Distinctive = ReadonlyMap<string, number>

const codePointBytesMax = 4

/** Words of what `window` shows beyond `earlier`, once each, without halves at the ends. */
const words = (window: SampledWindow, earlier: SampledWindow | undefined): Set<string> => {
  const excerpt = asBuffer(window.excerpt)
  const isCut = excerpt.length > excerptBytesMax - codePointBytesMax
  const overlap = earlier === undefined ? 0 : overlapEnd(earlier.excerpt, excerpt)
  const text = excerpt.toString('utf8')
  const behind = overlap === 0 ? 0 : excerpt.toString('utf8', 0, overlap).length
  const found = new Set<string>()
  eachLabelWord(text, (word, from, to) => {
    if (to < text.length && to >= behind && (from > 0 || !isCut)) found.add(word)
  })
  return found
}

/** The windows of lowest priority, so that what is counted is spread over the texts, in order of consumption. */
const spread = (windows: readonly SampledWindow[], count: number): SampledWindow[] =>
  [...windows]
    .sort((a, b) => a.priority - b.priority || a.number - b.number)
    .slice(0, count)
    .sort((a, b) => a.number - b.number)

/** In how many windows each word is. A word in text that several windows show counts in the first of them. */
const count = (windows: readonly SampledWindow[]): Map<string, number> => {
  const counts = new Map<string, number>()
  const lastOf = new Map<string, SampledWindow>()
  for (const window of windows) {
    const answer = answerOf(window)
    for (const word of words(window, lastOf.get(answer))) counts.set(word, (counts.get(word) ?? 0) + 1)
    lastOf.set(answer, window)
  }
  return counts
}

const sum = (all: readonly ReadonlyMap<string, number>[]): Map<string, number> => {
  const sums = new Map<string, number>()
  for (const counts of all)
    for (const [word, n] of counts)
      if (sums.has(word) || sums.size < wordsMax) sums.set(word, (sums.get(word) ?? 0) + n)
  return sums
}

const total = (counts: ReadonlyMap<string, number>) => counts.values().reduce((a, b) => a + b, 0)

interface Counted {
  readonly windows: number
  readonly sums: ReadonlyMap<string, number>
  readonly total: number
}

/** The log-odds of a word, by its own count and by all counts, with those of the prior. */
const logOdds = (own: number, all: number) => Math.log(own / (all - own))

/** How much more frequent a word is here than elsewhere, in standard deviations. */
const deviations = (own: number, ofOwn: number, every: number, { total }: Counted): number => {
  const prior = priorShare * every
  const ofPrior = priorShare * total
  const others = every - own
  const gap = logOdds(own + prior, ofOwn + ofPrior) - logOdds(others + prior, total - ofOwn + ofPrior)
  return gap / Math.sqrt(1 / (own + prior) + 1 / (others + prior))
}

const isAlone = (ofOwn: number, counted: Counted) => ofOwn === counted.total

interface Scored {
  readonly word: string
  readonly own: number
  readonly apart: number
  readonly score: number
}

const scored = (counts: ReadonlyMap<string, number>, counted: Counted): Scored[] => {
  const ofOwn = total(counts)
  return [...counts].flatMap(([word, own]) => {
    const every = counted.sums.get(word)
    if (every === undefined) return []
    const apart = isAlone(ofOwn, counted) ? Math.sqrt(own) : deviations(own, ofOwn, every, counted)
    return [{ word, own, apart, score: apart * Math.log(1 + counted.windows / every) }]
  })
}

const byScore = (a: Scored, b: Scored) => b.score - a.score || b.own - a.own || (a.word < b.word ? -1 : 1)

const distinctive = (counts: ReadonlyMap<string, number>, counted: Counted): Distinctive => {
  const all = scored(counts, counted).filter(({ apart }) => apart > 0)
  const sure = all.filter(({ own, apart }) => own >= windowsMin && apart >= apartMin)
  return new Map((sure.length > 0 ? sure : all).sort(byScore).map(({ word, score }) => [word, score]))
}

/**
 * The words that tell each of several clusters, given by their windows, from the others. The measure is the log-odds of
 * a word with an informative Dirichlet prior in standard deviations (Monroe, Colaresi and Quinn 2008), over the windows
 * that it occurs in, times its inverse document frequency.
 */
export const distinctiveOf = (clusters: readonly (readonly SampledWindow[])[]): Distinctive[] => {
  const perCluster = Math.max(perClusterMin, Math.floor(windowsMax / clusters.length))
  const counts = clusters.map(windows => count(spread(windows, perCluster)))
  const sums = sum(counts)
  const windows = clusters.reduce((n, { length }) => n + Math.min(length, perCluster), 0)
  return counts.map(own => distinctive(own, { windows, sums, total: total(sums) }))
}

const join = (terms: readonly string[]) => terms.join(', ')

/** Whether at least half of what a label says still tells the cluster from the others. */
const holds = (label: string, terms: Distinctive): boolean => {
  const said = label.split(', ')
  return said.filter(term => terms.has(term)).length * 2 >= said.length
}

const newLabel = (number: number, terms: Distinctive, taken: ReadonlySet<string>): string => {
  const best = [...terms.keys().take(termsMax)]
  const lengths = best.map((_, at) => at + 1).slice(Math.min(labelTerms, best.length) - 1)
  return lengths.map(length => join(best.slice(0, length))).find(label => !taken.has(label)) ?? `cluster ${number}`
}

/**
 * A label for each cluster, never empty, no two the same: the one that it had before, while that holds; otherwise its
 * most distinctive terms, or `cluster 3` where there are none.
 */
export const labelsOf = (
  numbers: readonly number[],
  distinctive: readonly Distinctive[],
  before: ReadonlyMap<number, string>,
): string[] => {
  const kept = numbers.map((number, at) => {
    const label = before.get(number)
    return label !== undefined && holds(label, distinctive[at]) ? label : undefined
  })
  const taken = new Set(kept.filter(label => label !== undefined))
  return kept.map((label, at) => {
    const given = label ?? newLabel(numbers[at], distinctive[at], taken)
    taken.add(given)
    return given
  })
}
