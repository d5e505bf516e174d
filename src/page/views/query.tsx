import { useSignal } from '@preact/signals'
import { useMemo, useRef } from 'preact/hooks'
import type { QueryAnswer } from '../../web/api.ts'
import { compact, count, seconds } from '../model/numbers.ts'
import { linkTo } from '../model/route.ts'
import { chartOf, toCsv, toJson } from '../model/table.ts'
import { visible } from '../model/visible.ts'
import * as api from '../net/api.ts'
import { AnswerTable } from '../parts/answer-table.tsx'
import { Chart } from '../parts/chart.tsx'
import { save } from '../parts/save.ts'
import { goQuietly, route } from '../state.ts'

interface Example {
  readonly name: string
  readonly sql: string
}

const examples: readonly Example[] = [
  {
    name: 'Who wrote how much',
    sql: 'SELECT agent_id, count(*) AS chunks, sum(length(chunk)) AS characters\nFROM chunks_clustered GROUP BY agent_id ORDER BY characters DESC LIMIT 20',
  },
  {
    name: 'Rows of each cluster',
    sql: 'SELECT cluster::VARCHAR AS cluster, count(*) AS rows\nFROM chunks_clustered GROUP BY ALL ORDER BY rows DESC',
  },
  {
    name: 'Characters by second',
    sql: "SELECT date_trunc('second', event_time) AS second, sum(length(chunk)) AS characters\nFROM chunks_clustered GROUP BY ALL ORDER BY second",
  },
  { name: 'Answers', sql: 'SELECT * FROM responses LIMIT 200' },
  { name: 'Tables', sql: 'SHOW TABLES' },
]

/** What was asked stays, whichever view was looked at in between. */
const kept: { sql: string; answer?: QueryAnswer } = { sql: examples[0].sql }

const useAsking = () => {
  const answer = useSignal(kept.answer)
  const fault = useSignal<string | undefined>(undefined)
  const isAsking = useSignal(false)
  const ending = useRef<AbortController>(undefined)
  const run = async (sql: string) => {
    ending.current?.abort()
    const mine = new AbortController()
    ending.current = mine
    isAsking.value = true
    goQuietly(linkTo('query', undefined, { sql }))
    try {
      const told = await api.query(sql, mine.signal)
      kept.answer = told
      answer.value = told
      fault.value = undefined
    } catch (thrown) {
      if (!mine.signal.aborted) fault.value = thrown instanceof Error ? thrown.message : String(thrown)
    } finally {
      if (ending.current === mine) isAsking.value = false
    }
  }
  const stop = () => {
    ending.current?.abort()
    isAsking.value = false
  }
  return { answer, fault, isAsking, run, stop }
}

const AnswerChart = ({ of }: { of: QueryAnswer }) => {
  const chart = useMemo(() => chartOf(of), [of])
  const series = useMemo(
    () => chart?.series.map(({ label, values }, i) => ({ label, values, colour: `hue-${i}` })) ?? [],
    [chart],
  )
  const names = useMemo(() => chart?.names.map(visible) ?? [], [chart])
  if (chart === undefined) return null
  const isNamed = chart.kind === 'names'
  return (
    <section class="panel" aria-label="Chart">
      <Chart
        title="Result"
        kind={isNamed ? 'bars' : 'line'}
        isTime={chart.kind === 'time'}
        {...(isNamed && { names })}
        height={240}
        x={chart.x}
        series={isNamed ? series.slice(0, 1) : series}
        format={compact}
      />
    </section>
  )
}

const Told = ({ of }: { of: QueryAnswer }) => (
  <div class="told">
    <p role="status">
      <b>{count(of.rows.length)} rows</b> in {seconds(of.milliseconds / 1000)}
      {of.truncated && <span class="warn"> · there are more; these are the first ones</span>}
    </p>
    <span class="spring" />
    <button type="button" onClick={() => save('textstream.csv', 'text/csv', toCsv(of))}>
      CSV
    </button>
    <button type="button" onClick={() => save('textstream.json', 'application/json', toJson(of))}>
      JSON
    </button>
  </div>
)

export const Query = () => {
  const sql = useSignal(route.value.with.sql ?? kept.sql)
  const { answer, fault, isAsking, run, stop } = useAsking()
  const write = (text: string) => {
    sql.value = text
    kept.sql = text
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void run(sql.value)
  }
  return (
    <>
      <div class="view-head">
        <h1>Query</h1>
        <fieldset class="tools examples" aria-label="Examples">
          {examples.map(example => (
            <button
              key={example.name}
              type="button"
              class="chip"
              onClick={() => {
                write(example.sql)
                void run(example.sql)
              }}
            >
              {example.name}
            </button>
          ))}
        </fieldset>
      </div>
      <section class="panel editor" aria-label="SQL">
        <textarea
          aria-label="SQL"
          spellcheck={false}
          autocomplete="off"
          rows={Math.min(16, Math.max(4, sql.value.split('\n').length + 1))}
          value={sql.value}
          onInput={event => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div class="tools">
          <button type="button" class="primary" onClick={() => void run(sql.value)} disabled={isAsking.value}>
            {isAsking.value ? 'Running …' : 'Run'}
          </button>
          {isAsking.value && (
            <button type="button" onClick={stop}>
              Stop
            </button>
          )}
          <span class="faint">Ctrl Enter · read-only</span>
        </div>
      </section>
      {fault.value !== undefined && (
        <pre class="fault" role="alert">
          {visible(fault.value)}
        </pre>
      )}
      {answer.value !== undefined && (
        <>
          <AnswerChart of={answer.value} />
          <Told of={answer.value} />
          <AnswerTable key={answer.value.milliseconds} of={answer.value} />
        </>
      )}
    </>
  )
}
