import { type Aligned, type Alignment, align, type Died } from './align.ts'
import type { ClusterFacts, Model, SampledWindow } from './cluster.ts'
import { type Distinctive, distinctiveOf, labelsOf, termsMax } from './labels.ts'
import { nearestOf } from './nearest.ts'
import { overlapOf } from './overlap.ts'

/** Centres that were fitted on a sample, before they have numbers. */
export interface Centres {
  /** Of the model that they become. */
  readonly model: number
  readonly windows: number
  readonly sample: readonly SampledWindow[]
  readonly centres: number
  /** By window of the sample: its centre, and how far it is from that (any measure that grows with the distance). */
  readonly centreOf: Int32Array
  readonly distance: ArrayLike<number>
}

/** All that a model of these centres has to keep, and what is told of its clusters. */
export interface Identity extends Pick<Model, 'clusters' | 'labels' | 'nextNumber'> {
  readonly facts: readonly ClusterFacts[]
}

/** Numbers of the first model's clusters start here. */
const numberAtFirst = 0

const membersOf = ({ centreOf, centres }: Centres): number[][] => {
  const members: number[][] = Array.from({ length: centres }, () => [])
  for (const [at, centre] of centreOf.entries()) members[centre].push(at)
  return members
}

const livingFacts = (of: Centres, aligned: Aligned, members: readonly number[], label: string, terms: Distinctive) => ({
  model: of.model,
  cluster: aligned.number,
  change: aligned.change,
  parents: aligned.parents,
  label,
  terms: [...terms.keys().take(termsMax)],
  size: members.length,
  share: members.length / of.sample.length,
  windows: of.windows,
  nearest: nearestOf(members, of.sample, of.distance),
})

const diedFacts = ({ model, windows }: Centres, { number, heirs }: Died, label: string): ClusterFacts => ({
  model,
  cluster: number,
  change: 'died',
  parents: heirs,
  label,
  terms: [],
  size: 0,
  share: 0,
  windows,
  nearest: [],
})

const labelsBefore = (before: Model | undefined): Map<number, string> =>
  new Map(before?.clusters.map((number, at) => [number, before.labels[at]]))

const alignCentres = ({ sample, centreOf, centres }: Centres, before: Model | undefined): Alignment =>
  align(overlapOf(sample, centreOf, centres, before), before?.nextNumber ?? numberAtFirst)

/**
 * Gives centres their numbers, which go on from the model before, their labels, and tells what became of the clusters:
 * facts by number, with those that died. `clusters` and `labels` are by centre. The order of centres changes nothing else.
 */
export const identify = (of: Centres, before?: Model): Identity => {
  const { clusters, died, nextNumber } = alignCentres(of, before)
  const members = membersOf(of)
  const byNumber = [...clusters.keys()].sort((a, b) => clusters[a].number - clusters[b].number)
  const distinctive = distinctiveOf(byNumber.map(centre => members[centre].map(at => of.sample[at])))
  const earlier = labelsBefore(before)
  const numbers = byNumber.map(centre => clusters[centre].number)
  const labels = labelsOf(numbers, distinctive, earlier)
  const living = byNumber.map((centre, at) =>
    livingFacts(of, clusters[centre], members[centre], labels[at], distinctive[at]),
  )
  const gone = died.map(one => diedFacts(of, one, earlier.get(one.number)!))
  return {
    clusters: clusters.map(({ number }) => number),
    labels: clusters.map(({ number }) => labels[numbers.indexOf(number)]),
    nextNumber,
    facts: [...living, ...gone].sort((a, b) => a.cluster - b.cluster),
  }
}
