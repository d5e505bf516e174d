import { fit, pad, shown, widthOf } from './cell.ts'
import { amount } from './words.ts'

interface Near {
  readonly destination_uri: string
  readonly seq: number | null
  readonly excerpt: string
}

/** A row of `latest_clusters`. */
export interface Latest {
  readonly cluster: number
  readonly label: string
  readonly rows: number
  readonly share_of_rows: number | null
  readonly terms: readonly string[]
  readonly change: string
  readonly model: number
  readonly first_model: number
  readonly parents: readonly number[]
  readonly size: number
  readonly windows: number
  readonly nearest: readonly Near[]
}

/** A row of `clusters`. */
export interface Changed {
  readonly model: number
  readonly windows: number
  readonly cluster: number
  readonly change: string
  readonly parents: readonly number[]
  readonly label: string
  readonly size: number
  readonly share: number
}

const nearestMax = 2
/** Clusters that are no more are shown only while few; --changes has all. */
const diedMax = 5
/** An excerpt of about so many bytes was cut in front, most likely within a word. */
const wholeExcerptBytesMax = 1000
const barColumns = 20
const numberColumns = 4
const indent = ' '.repeat(numberColumns + 2)

const percent = (share: number) => `${(100 * share).toFixed(share > 0 && share < 0.0095 ? 1 : 0)} %`

const barOf = (share: number) => {
  const full = share === 0 ? 0 : Math.max(1, Math.round(share * barColumns))
  return '█'.repeat(full) + '░'.repeat(barColumns - full)
}

const numbers = (list: readonly number[]) => (list.length === 0 ? 'none' : list.join(', '))

const others = (parents: readonly number[], cluster: number) => parents.filter(parent => parent !== cluster)

/** What became of it with its latest model. */
const changeOf = ({
  change,
  parents,
  cluster,
  model,
}: Pick<Changed, 'change' | 'parents' | 'cluster' | 'model'>): string => {
  const from = others(parents, cluster)
  switch (change) {
    case 'split':
      return `split from ${numbers(parents)} with model ${model}`
    case 'merged':
      return `merged with model ${model}, from ${numbers(parents)}`
    case 'died':
      return `died with model ${model}, taken over by ${numbers(from)}`
    default:
      return `${change} with model ${model}`
  }
}

const titleOf = ({ cluster, label, share_of_rows }: Latest, width: number): string => {
  const share = share_of_rows ?? 0
  const right = `${barOf(share)} ${percent(share).padStart(6)}`
  const room = width - indent.length - widthOf(right) - 2
  return `${String(cluster).padStart(numberColumns)}  ${pad(fit(shown(label), room), room, false)}  ${right}`
}

const readable = (excerpt: string) => {
  const line = excerpt.replace(/\s+/g, ' ')
  return Buffer.byteLength(excerpt) > wholeExcerptBytesMax ? `…${line.slice(line.indexOf(' '))}` : line.trim()
}

const nearLine = ({ destination_uri, excerpt }: Near, width: number): string => {
  const uri = fit(shown(destination_uri), Math.floor(width / 3))
  const text = shown(readable(excerpt))
  return `${uri}  ${fit(text, width - widthOf(uri) - 2)}`
}

const livingBlock = (one: Latest, width: number): string => {
  const room = width - indent.length
  const facts = [
    amount(one.rows, 'row'),
    `${amount(one.size, 'window')} of the sample`,
    one.first_model === one.model || one.change === 'born'
      ? changeOf(one)
      : `${changeOf(one)}, since model ${one.first_model}`,
  ]
  const near = one.nearest.slice(0, nearestMax).map(place => nearLine(place, room))
  const lines = [fit(facts.join(', '), room), fit(shown(one.terms.join(' ')), room), ...near]
  return [titleOf(one, width), ...lines.map(line => indent + line)].join('\n')
}

const diedLine = (one: Latest, width: number) =>
  fit(
    `${String(one.cluster).padStart(numberColumns)}  ${shown(one.label)}: ${changeOf(one)}; ${amount(one.rows, 'row')}`,
    width,
  )

const earlierBlock = (died: readonly Latest[], width: number) => {
  const more =
    died.length > diedMax ? [`${indent}and ${died.length - diedMax} more: textstream clusters --changes`] : []
  return ['earlier:', ...died.slice(0, diedMax).map(one => diedLine(one, width)), ...more].join('\n')
}

const headOf = (living: readonly Latest[], counts: { rows: number; without: number }) => {
  const [{ model, windows }] = living
  const without = counts.without === 0 ? '' : `, ${counts.without.toLocaleString('en')} of them without a cluster`
  return `${amount(living.length, 'cluster')} by model ${model}, fitted at ${amount(windows, 'window')}; ${amount(counts.rows, 'row')}${without}`
}

export const latestText = (
  all: readonly Latest[],
  counts: { readonly rows: number; readonly without: number },
  width: number,
): string => {
  const living = all.filter(({ change }) => change !== 'died')
  const died = all.filter(({ change }) => change === 'died')
  const blocks = [headOf(living, counts), ...living.map(one => livingBlock(one, width))]
  if (died.length > 0) blocks.push(earlierBlock(died, width))
  return `${blocks.map(block => fitAll(block, width)).join('\n\n')}\n`
}

const fitAll = (block: string, width: number) =>
  block
    .split('\n')
    .map(line => fit(line, width))
    .join('\n')

const changeLine = (one: Changed, width: number): string => {
  const from = others(one.parents, one.cluster)
  const word = one.change === 'died' ? 'to' : 'from'
  const change = from.length === 0 ? one.change : `${one.change} ${word} ${numbers(from)}`
  const left = `${String(one.cluster).padStart(numberColumns)}  ${change.padEnd(18)}  ${percent(one.share).padStart(6)}  `
  return left + fit(shown(one.label), width - left.length)
}

export const changesText = (all: readonly Changed[], width: number): string => {
  const models = Map.groupBy(all, ({ model }) => model)
  const blocks = [...models].map(([model, changed]) => {
    const head = `model ${model}, fitted at ${amount(changed[0].windows, 'window')}`
    return [head, ...changed.map(one => changeLine(one, width))].join('\n')
  })
  return `${blocks.join('\n\n')}\n`
}
