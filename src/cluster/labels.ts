import { asBuffer } from '../std/bytes.ts'
import { excerptBytesMax, type SampledWindow } from './cluster.ts'
import { overlapEnd } from './excerpts.ts'
import { eachLabelWord } from './label-words.ts'

/** Windows that are counted, over all clusters, and at least of each. */
const windowsMax = 512
const perClusterMin = 16
/** Different words that are counted; those that come later are not. */
const wordsMax = 65_536
/** A word of fewer windows says little of a cluster. */
const windowsMin = 2
/** What the prior weighs, as a part of all that was counted; the more, the less common words say. */
const priorShare = 0.1
/** A term of a label holds as long as it tells the cluster from the others at least so well, as a part of how well the best term does. */
const holdsMin = 0.5

const labelTerms = 3
export const termsMax = 10

/** What tells one cluster from the others, and how well: most distinctive first. */
export type Distinctive = ReadonlyMap<string, number>

const codePointBytesMax = 4

const total = (counts: ReadonlyMap<string, number>) => counts.values().reduce((a, b) => a + b, 0)

/** Words of what `window` shows beyond `earlier`, once each, without halves at the ends. */
const wordsOf = (window: SampledWindow, earlier: SampledWindow | undefined): Set<string> => {
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

/** Words of some windows, each counted once a window. */
interface Counted {
  readonly windows: number
  readonly words: number
  readonly of: ReadonlyMap<string, number>
}

/** A word in text that several windows show counts in the first of them. */
const count = (windows: readonly SampledWindow[]): Counted => {
  const counts = new Map<string, number>()
  const lastOf = new Map<string, SampledWindow>()
  for (const window of windows) {
    const answer = JSON.stringify([window.place.destination_uri, window.place.response_id])
    for (const word of wordsOf(window, lastOf.get(answer))) counts.set(word, (counts.get(word) ?? 0) + 1)
    lastOf.set(answer, window)
  }
  return { windows: windows.length, words: total(counts), of: counts }
}

const sum = (each: readonly Counted[]): Counted => {
  const sums = new Map<string, number>()
  for (const { of } of each)
    for (const [word, n] of of) {
      if (sums.has(word) || sums.size < wordsMax) sums.set(word, (sums.get(word) ?? 0) + n)
    }
  return {
    windows: each.reduce((n, { windows }) => n + windows, 0),
    words: each.reduce((n, { words }) => n + words, 0),
    of: sums,
  }
}

const without = (all: Counted, own: Counted) => ({ windows: all.windows - own.windows, words: all.words - own.words })

/** The log-odds of a word, by its own count and by that of all words. */
const logOdds = (own: number, all: number) => Math.log(own / (all - own))

/** How much more frequent a word is here than elsewhere, in standard deviations. */
const deviations = (here: number, elsewhere: number, own: Counted, all: Counted): number => {
  const prior = priorShare * (here + elsewhere)
  const ofPrior = priorShare * all.words
  const gap = logOdds(here + prior, own.words + ofPrior) - logOdds(elsewhere + prior, without(all, own).words + ofPrior)
  return gap / Math.sqrt(1 / (here + prior) + 1 / (elsewhere + prior))
}

interface Scored {
  readonly word: string
  readonly here: number
  readonly deviations: number
  readonly score: number
}

const scored = (word: string, here: number, own: Counted, all: Counted): Scored => {
  const elsewhere = all.of.get(word)! - here
  const apart = deviations(here, elsewhere, own, all)
  return { word, here, deviations: apart, score: apart * Math.log(1 + without(all, own).windows / (elsewhere + 1)) }
}

/** For a cluster that has no others beside it. */
const scoredAlone = (word: string, here: number, own: Counted): Scored => ({
  word,
  here,
  deviations: Math.sqrt(here),
  score: Math.sqrt(here) * Math.log(1 + own.windows / here),
})

const byScore = (a: Scored, b: Scored) => b.score - a.score || b.here - a.here || (a.word < b.word ? -1 : 1)

const distinctive = (own: Counted, all: Counted): Distinctive => {
  const score = own.words === all.words ? scoredAlone : scored
  const found = [...own.of]
    .filter(([word]) => all.of.has(word))
    .map(([word, here]) => score(word, here, own, all))
    .filter(({ deviations }) => deviations > 0)
  const sure = found.filter(({ here }) => here >= windowsMin)
  return new Map((sure.length > 0 ? sure : found).sort(byScore).map(({ word, score }) => [word, score]))
}

/**
 * The words that tell each of several clusters, given by their windows, from the others. The measure is the log-odds of
 * a word with an informative Dirichlet prior in standard deviations (Monroe, Colaresi and Quinn 2008), over the windows
 * that it occurs in, times its inverse document frequency among the others' windows.
 */
export const distinctiveOf = (clusters: readonly (readonly SampledWindow[])[]): Distinctive[] => {
  const perCluster = Math.max(perClusterMin, Math.floor(windowsMax / clusters.length))
  const each = clusters.map(windows => count(spread(windows, perCluster)))
  const all = sum(each)
  return each.map(own => distinctive(own, all))
}

const join = (terms: readonly string[]) => terms.join(', ')

/** Whether at least half of what a label says still tells the cluster from the others, or nothing does. */
const holds = (label: string, terms: Distinctive): boolean => {
  const [best] = terms.values()
  const said = label.split(', ')
  return best === undefined || said.filter(term => terms.get(term)! >= holdsMin * best).length * 2 >= said.length
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
