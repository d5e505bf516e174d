import type { ComponentChildren } from 'preact'
import type { Health as HealthTold, RejectedList } from '../../web/api.ts'
import { bytes, compact, count, rate, seconds } from '../model/numbers.ts'
import { visible } from '../model/visible.ts'
import * as api from '../net/api.ts'
import { Chart } from '../parts/chart.tsx'
import { Fault, Figure, Figures, State } from '../parts/figures.tsx'
import { Name } from '../parts/name.tsx'
import { usePolled } from '../parts/polled.ts'
import { health, healthFault, vitals } from '../state.ts'

const pollMs = 4000
const lineCharacters = 400
const courseSeconds = 300
const courseHeight = 190

const lagWords = ({ lag, lagUnit }: HealthTold['consume']) =>
  lagUnit === 'bytes' ? bytes(lag) : `${count(lag)} records`

const Part = ({ name, state, children }: { name: string; state: string; children: ComponentChildren }) => (
  <section class="panel part" aria-label={name}>
    <div class="panel-head">
      <h2>{name}</h2>
      <State is={state} />
    </div>
    {children}
  </section>
)

const Parts = ({ of }: { of: HealthTold }) => {
  const { log, consume, produce, readers } = of
  const faults = consume.malformed + consume.conflicts
  return (
    <div class="parts">
      <Part name="Log" state="running">
        <Figures label="Log">
          <Figure is={bytes(log.bytes)} of="size" />
          <Figure is={count(log.records)} of="records" />
        </Figures>
        <p class="faint path">
          <Name of={of.from} />
        </p>
      </Part>
      <Part name="Produce" state={produce.state}>
        <Figures label="Produce">
          <Figure is={count(produce.chunks)} of="chunks captured" />
        </Figures>
        <Fault of={produce.error} />
      </Part>
      <Part name="Consume" state={consume.state}>
        <Figures label="Consume">
          <Figure is={lagWords(consume)} of="lag" {...(consume.lag > 0 && { tone: 'warn' as const })} />
          <Figure is={count(consume.rows)} of="rows" />
          <Figure is={consume.model === 0 ? 'none' : consume.model} of="model" />
          <Figure is={count(consume.repeats)} of="repeats" />
        </Figures>
        <Fault of={consume.error} />
      </Part>
      <Part name="Faults" state={faults > 0 ? 'found' : 'none'}>
        <Figures label="Faults">
          <Figure
            is={count(consume.malformed)}
            of="malformed"
            {...(consume.malformed > 0 && { tone: 'bad' as const })}
          />
          <Figure
            is={count(consume.conflicts)}
            of="conflicts"
            {...(consume.conflicts > 0 && { tone: 'bad' as const })}
          />
        </Figures>
      </Part>
      <Part name="Readers" state={readers.dropped > 0 ? 'dropped some' : 'fine'}>
        <Figures label="Readers">
          <Figure is={count(readers.now)} of="now" />
          <Figure is={count(readers.dropped)} of="dropped" {...(readers.dropped > 0 && { tone: 'warn' as const })} />
        </Figures>
      </Part>
    </div>
  )
}

type Drawn = Parameters<typeof Chart>[0]

const Curve = ({ id, ...drawn }: Pick<Drawn, 'title' | 'kind' | 'x' | 'series' | 'format'> & { id: string }) => (
  <section class="panel" aria-labelledby={id}>
    <h2 id={id}>{drawn.title}</h2>
    <Chart {...drawn} isTime lastSeconds={courseSeconds} height={courseHeight} />
  </section>
)

const Course = ({ of }: { of: HealthTold }) => {
  const x = vitals.all.map(({ time }) => time)
  const lag = [{ label: 'lag', colour: 'warn', values: vitals.all.map(({ lag }) => lag) }]
  const flow = [
    {
      label: 'characters/s',
      colour: 'accent',
      values: vitals.all.map(({ charactersPerSecond }) => charactersPerSecond),
    },
    { label: 'chunks/s', colour: 'hue-6', values: vitals.all.map(({ chunksPerSecond }) => chunksPerSecond) },
  ]
  const inUnits = of.consume.lagUnit === 'bytes' ? bytes : compact
  return (
    <div class="courses">
      <Curve id="throughput" title="Throughput" kind="line" x={x} series={flow} format={rate} />
      <Curve id="lag" title="Lag of consume" kind="area" x={x} series={lag} format={inUnits} />
    </div>
  )
}

const shortLine = (line: string) => visible(line.length <= lineCharacters ? line : `${line.slice(0, lineCharacters)}…`)

const Rejected = ({ of }: { of: RejectedList }) => (
  <section class="panel" aria-labelledby="rejected">
    <div class="panel-head">
      <h2 id="rejected">Set aside</h2>
      <span class="faint">{of.total === 1 ? '1 line' : `${count(of.total)} lines`}</span>
    </div>
    {of.total === 0 ? (
      <p class="faint">Every line so far was a record.</p>
    ) : (
      <>
        <ul class="reasons" aria-label="Reasons">
          {Object.entries(of.reasons).map(([reason, n]) => (
            <li key={reason}>
              <b>{count(n)}</b> <Name of={reason} />
            </li>
          ))}
        </ul>
        <ol class="rejected">
          {of.rejected.map(({ partition, offset, reason, line }) => (
            <li key={`${partition} ${offset}`}>
              <p>
                <Name of={reason} />{' '}
                <span class="faint">
                  <Name of={partition} /> at {count(offset)}
                </span>
              </p>
              <pre dir="auto">{shortLine(line)}</pre>
            </li>
          ))}
        </ol>
      </>
    )}
  </section>
)

export const Health = () => {
  const told = health.value
  const rejected = usePolled(api.rejected, pollMs, [])
  return (
    <>
      <div class="view-head">
        <h1>Health</h1>
        {told !== undefined && (
          <>
            <State is={told.status} />
            <Figures label="The process">
              <Figure is={rate(told.charactersPerSecond)} of="characters/s" />
              <Figure is={rate(told.chunksPerSecond)} of="chunks/s" />
              <Figure is={seconds(told.uptimeSeconds)} of="up" />
              <Figure is={told.version} of="version" />
            </Figures>
            <div class="tools">
              <a href="metrics">Metrics</a>
              <a href="docs">API</a>
            </div>
          </>
        )}
      </div>
      <Fault of={healthFault.value} />
      {told !== undefined && (
        <>
          <Parts of={told} />
          <Course of={told} />
        </>
      )}
      <Fault of={rejected.fault} />
      {rejected.value !== undefined && <Rejected of={rejected.value} />}
    </>
  )
}
