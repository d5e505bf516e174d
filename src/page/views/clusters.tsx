import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { ClusterEntry, ClusterList } from '../../web/api.ts'
import { compact, count, percent } from '../model/numbers.ts'
import { linkTo } from '../model/route.ts'
import { visible, visibleLine } from '../model/visible.ts'
import * as api from '../net/api.ts'
import { Chart } from '../parts/chart.tsx'
import { Empty, Fault, Figure, Figures } from '../parts/figures.tsx'
import { DocumentLink, Name } from '../parts/name.tsx'
import { usePolled } from '../parts/polled.ts'
import { route } from '../state.ts'

const pollMs = 3000
const hues = 10
const termsShown = 12
const labelCharacters = 22

const hueOf = (cluster: number) => ((cluster % hues) + hues) % hues
const shortLabel = (label: string) => {
  const line = visibleLine(label)
  return line.length <= labelCharacters ? line : `${line.slice(0, labelCharacters - 1)}…`
}

/** Each value and all before it. */
const summed = (values: readonly number[]): number[] => {
  let sum = 0
  return values.map(value => {
    sum += value
    return sum
  })
}

const History = ({ list, isSummed }: { list: ClusterList; isSummed: boolean }) => {
  const { times, series } = list.history
  const drawn = useMemo(() => {
    const labels = new Map(list.clusters.map(({ cluster, label }) => [cluster, shortLabel(label)]))
    return series.map(({ cluster, rows }) => ({
      label: `${cluster} ${labels.get(cluster) ?? ''}`.trim(),
      colour: `hue-${hueOf(cluster)}`,
      values: isSummed ? summed(rows) : rows,
    }))
  }, [list, isSummed])
  const x = useMemo(() => times.map(time => time / 1e6), [list])
  if (times.length < 2) return <p class="faint">Sizes over time appear once there are rows of more than one moment.</p>
  return (
    <Chart
      title="Rows of each cluster over time"
      kind="stack"
      isTime
      height={260}
      x={x}
      series={drawn}
      format={compact}
    />
  )
}

const Lineage = ({ of: { lineage } }: { of: ClusterEntry }) => (
  <ol class="lineage">
    {lineage.map(({ model, change, parents, label }) => (
      <li key={`${model} ${change}`}>
        <span class="faint">model {model}</span> {change}
        {parents.length > 0 && <> from {parents.map(String).join(', ')}</>}
        {label !== '' && (
          <>
            : <Name of={label} />
          </>
        )}
      </li>
    ))}
  </ol>
)

const ClusterCard = ({ of }: { of: ClusterEntry }) => {
  const isChosen = route.value.of === String(of.cluster)
  return (
    <li class={`cluster hue-${hueOf(of.cluster)} ${isChosen ? 'chosen' : ''}`}>
      <header>
        <a class="cluster-number" href={linkTo('clusters', String(of.cluster))} aria-label={`Cluster ${of.cluster}`}>
          {of.cluster}
        </a>
        <h2>
          <Name of={of.label} />
        </h2>
        <span class="cluster-share">
          <b>{percent(of.share)}</b> {count(of.rows)} rows
        </span>
      </header>
      <meter class="share" min={0} max={1} value={of.share} aria-label={`Share of cluster ${of.cluster}`} />
      <ul class="terms" aria-label="Terms">
        {of.terms.slice(0, termsShown).map(term => (
          <li key={term}>
            <Name of={term} />
          </li>
        ))}
      </ul>
      {of.nearest.length > 0 && (
        <ul class="nearest" aria-label="Nearest to its middle">
          {of.nearest.map(({ uri, excerpt }, i) => (
            <li key={`${i} ${uri}`}>
              <blockquote dir="auto">{visible(excerpt)}</blockquote>
              <DocumentLink uri={uri} />
            </li>
          ))}
        </ul>
      )}
      {of.lineage.length > 0 && (
        <details open={isChosen}>
          <summary>Lineage</summary>
          <Lineage of={of} />
        </details>
      )}
    </li>
  )
}

export const Clusters = () => {
  const { value, fault } = usePolled(api.clusters, pollMs, [])
  const isSummed = useSignal(true)
  const turn = () => {
    isSummed.value = !isSummed.value
  }
  const rows = value?.clusters.reduce((sum, { rows }) => sum + rows, 0) ?? 0
  return (
    <>
      <div class="view-head">
        <h1>Clusters</h1>
        {value !== undefined && (
          <Figures label="The model">
            <Figure is={value.model === 0 ? 'none' : value.model} of="model" />
            <Figure is={count(value.clusters.length)} of="clusters" />
            <Figure is={count(rows)} of="rows" />
          </Figures>
        )}
      </div>
      <Fault of={fault} />
      {value?.clusters.length === 0 && (
        <Empty title="No clusters yet">
          <p>They appear once enough has been written to tell texts apart. More text will do it.</p>
        </Empty>
      )}
      {value !== undefined && value.clusters.length > 0 && (
        <>
          <section class="panel" aria-labelledby="sizes">
            <div class="panel-head">
              <h2 id="sizes">Sizes over time</h2>
              <button type="button" class="chip" aria-pressed={isSummed.value} onClick={turn}>
                in all
              </button>
            </div>
            <History list={value} isSummed={isSummed.value} />
          </section>
          <ul class="clusters">
            {value.clusters.map(of => (
              <ClusterCard key={of.cluster} of={of} />
            ))}
          </ul>
        </>
      )}
    </>
  )
}
