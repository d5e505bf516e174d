import { useSignal } from '@preact/signals'
import type { AgentEntry, ResponseEntry } from '../../web/api.ts'
import { count, dateTime, rate, seconds } from '../model/numbers.ts'
import { linkTo } from '../model/route.ts'
import * as api from '../net/api.ts'
import { Empty, Fault, State } from '../parts/figures.tsx'
import { AgentName, DocumentLink, Name } from '../parts/name.tsx'
import { usePolled } from '../parts/polled.ts'
import { Search } from '../parts/search.tsx'
import { type Column, SortedTable } from '../parts/sorted-table.tsx'
import { route } from '../state.ts'

const pollMs = 2000
const responsesShown = 200
const good = ['stop', 'open']

/** How its answers ended: a bar in parts, and the same in words. */
const Ends = ({ of }: { of: Readonly<Record<string, number>> }) => {
  const ends = Object.entries(of).filter(([, n]) => n > 0)
  const sorted = ends.toSorted(([a], [b]) => good.indexOf(b) - good.indexOf(a))
  return (
    <span class="ends">
      {sorted.map(([reason, n]) => (
        <span key={reason} class={`end end-${reason}`}>
          <i class="swatch" aria-hidden="true" />
          <Name of={reason} /> {count(n)}
        </span>
      ))}
    </span>
  )
}

const agentColumns: readonly Column<AgentEntry>[] = [
  {
    name: 'Agent',
    by: ({ agent }) => agent,
    cell: ({ agent }) => (
      <a href={linkTo('agents', agent)}>
        <AgentName of={agent} />
      </a>
    ),
  },
  { name: 'Answers', isNumber: true, by: a => a.responses, cell: a => count(a.responses) },
  { name: 'Documents', isNumber: true, by: a => a.documents, cell: a => count(a.documents) },
  { name: 'Characters', isNumber: true, by: a => a.characters, cell: a => count(a.characters) },
  {
    name: 'Chars/s',
    title: 'characters per second while writing',
    isNumber: true,
    by: a => a.charactersPerSecond,
    cell: a => rate(a.charactersPerSecond),
  },
  {
    name: 'First chunk',
    title: 'median time from asking to the first chunk',
    isNumber: true,
    by: a => a.firstChunkMedianSeconds,
    cell: a => seconds(a.firstChunkMedianSeconds),
  },
  {
    name: 'Gap, median',
    title: 'time between two chunks of an answer',
    isNumber: true,
    by: a => a.gapMedianSeconds,
    cell: a => seconds(a.gapMedianSeconds),
  },
  { name: 'p99', isNumber: true, by: a => a.gapP99Seconds, cell: a => seconds(a.gapP99Seconds) },
  { name: 'Longest', isNumber: true, by: a => a.gapMaxSeconds, cell: a => seconds(a.gapMaxSeconds) },
  { name: 'Ended', cell: a => <Ends of={a.ended} /> },
  { name: 'Last seen', by: a => a.last, cell: a => dateTime(a.last) },
]

const responseColumns: readonly Column<ResponseEntry>[] = [
  { name: 'Document', by: r => r.uri, cell: r => <DocumentLink uri={r.uri} /> },
  { name: 'Agent', by: r => r.agent, cell: r => <AgentName of={r.agent} /> },
  { name: 'State', by: r => r.ended ?? r.state, cell: r => <State is={r.ended ?? r.state} /> },
  { name: 'Chunks', isNumber: true, by: r => r.chunks, cell: r => count(r.chunks) },
  { name: 'Characters', isNumber: true, by: r => r.characters, cell: r => count(r.characters) },
  { name: 'First chunk', isNumber: true, by: r => r.firstChunkSeconds, cell: r => seconds(r.firstChunkSeconds) },
  { name: 'Took', isNumber: true, by: r => r.seconds, cell: r => seconds(r.seconds) },
  { name: 'Last', by: r => r.last, cell: r => dateTime(r.last) },
]

const Answers = ({ agent }: { agent: string | undefined }) => {
  const { value, fault } = usePolled(signal => api.responses({ agent, limit: responsesShown }, signal), pollMs, [agent])
  const shown = (value?.responses ?? []).filter(r => agent === undefined || r.agent === agent)
  return (
    <section class="panel" aria-labelledby="answers">
      <div class="panel-head">
        <h2 id="answers">
          {agent === undefined ? (
            'Latest answers'
          ) : (
            <>
              Answers of <Name of={agent} />
            </>
          )}
        </h2>
        {agent !== undefined && <a href={linkTo('agents')}>all agents</a>}
      </div>
      <Fault of={fault} />
      <SortedTable
        label="Answers"
        columns={responseColumns}
        rows={shown}
        keyOf={r => `${r.uri}\n${r.answer}`}
        first={responseColumns.length - 1}
      />
    </section>
  )
}

export const Agents = () => {
  const { value, fault } = usePolled(api.agents, pollMs, [])
  const words = useSignal('')
  const narrow = (to: string) => {
    words.value = to
  }
  const { of: chosen } = route.value
  const wanted = words.value.toLowerCase()
  const shown = (value?.agents ?? []).filter(({ agent }) => agent.toLowerCase().includes(wanted))
  return (
    <>
      <div class="view-head">
        <h1>Agents</h1>
        <div class="tools">
          <Search label="Filter agents" value={words.value} onWords={narrow} />
        </div>
      </div>
      <Fault of={fault} />
      {value?.agents.length === 0 ? (
        <Empty title="No agent has written yet" />
      ) : (
        <div class="panel">
          <SortedTable
            label="Agents"
            columns={agentColumns}
            rows={shown}
            keyOf={({ agent }) => agent}
            first={agentColumns.length - 1}
            classOf={({ agent }) => (agent === chosen ? 'chosen' : '')}
          />
        </div>
      )}
      <Answers agent={chosen} />
    </>
  )
}
