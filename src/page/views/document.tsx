import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { DocumentEntry } from '../../web/api.ts'
import { bytes, count, dateTime, seconds } from '../model/numbers.ts'
import { linkTo, linkToDocument } from '../model/route.ts'
import { type ChunkFact, Timeline } from '../model/timeline.ts'
import { address } from '../net/api.ts'
import { OpenDocument } from '../net/document.ts'
import { Moment } from '../net/moment.ts'
import { ChunkLine } from '../parts/chunk-line.tsx'
import { Fault, State } from '../parts/figures.tsx'
import { markChunk, markStripes } from '../parts/marks.ts'
import { AgentName, Name } from '../parts/name.tsx'
import { TextPane } from '../parts/text-pane.tsx'
import type { TextView } from '../parts/text-view.ts'
import { type Span, TimePanel } from '../parts/time-panel.tsx'
import { useViewKeys } from '../shortcuts.ts'
import { goQuietly, route } from '../state.ts'

/** While a text grows, where its chunks lie is asked for now and then, if it isn't long. */
const extendMs = 3000
const extendUnitsMax = 300_000
/** A moment stands in the address once the reader has settled on it. */
const settleMs = 300
const agentsShown = 4
const unknownTimeline = new Timeline()

const phaseWords = { loading: 'loading', live: 'live', over: 'complete', lost: 'connection lost' }

const useOpen = (uri: string) => {
  const open = useMemo(() => ({ document: new OpenDocument(uri), moment: new Moment(uri) }), [uri])
  useEffect(
    () => () => {
      open.document[Symbol.dispose]()
      open.moment[Symbol.dispose]()
    },
    [open],
  )
  return open
}

/** The chunks are known as soon as the text is, and again as it grows. */
const useTimeline = (document: OpenDocument): Timeline => {
  const phase = document.phase.value
  useEffect(() => {
    if (phase === 'over') void document.extend()
    if (phase !== 'live') return
    let seen = -1
    const look = () => {
      const { units } = document.blocks
      if (units === 0 || units === seen || (seen > extendUnitsMax && units > extendUnitsMax)) return
      seen = units
      void document.extend()
    }
    const soon = setTimeout(look, settleMs)
    const timer = setInterval(look, extendMs)
    return () => {
      clearTimeout(soon)
      clearInterval(timer)
    }
  }, [document, phase, document.timeline.value === undefined])
  return document.timeline.value ?? unknownTimeline
}

/** The moment that is shown, and what the address says of it. */
const useMoment = (uri: string) => {
  const given = route.value.with.at
  const parsed = given === undefined ? undefined : Number(given)
  const [at, setAt] = useState(Number.isFinite(parsed) ? parsed : undefined)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const forget = () => {
    clearTimeout(timer.current)
    timer.current = undefined
  }
  useEffect(() => {
    // A reader who has moved on since the address was set is not taken back there.
    if (timer.current === undefined) setAt(Number.isFinite(parsed) ? parsed : undefined)
  }, [uri, given])
  useEffect(() => forget, [uri])
  const move = (to: number | undefined) => {
    setAt(to)
    forget()
    timer.current = setTimeout(() => {
      forget()
      goQuietly(linkToDocument(uri, { ...route.value.with, at: to === undefined ? undefined : String(Math.round(to)) }))
    }, settleMs)
  }
  return { at, move }
}

const spanOf = (timeline: Timeline, entry: DocumentEntry | undefined): Span | undefined => {
  const first = timeline.first ?? entry?.first
  const last = timeline.last ?? entry?.last
  return first === undefined || first === null || last === undefined || last === null ? undefined : { first, last }
}

const Facts = ({ entry }: { entry: DocumentEntry | undefined }) => {
  if (entry === undefined) return <p class="facts faint">–</p>
  const { agents, answers, chunks, first, last } = entry
  return (
    <p class="facts">
      {agents.slice(0, agentsShown).map(agent => (
        <AgentName key={agent} of={agent} />
      ))}
      {agents.length > agentsShown && <span>and {agents.length - agentsShown} more</span>}
      <span>{answers === 1 ? '1 answer' : `${count(answers)} answers`}</span>
      <span>{count(chunks)} chunks</span>
      <span>{bytes(entry.bytes)}</span>
      {first !== null && last !== null && (
        <span>
          {dateTime(first)}, {seconds((last - first) / 1e6)}
        </span>
      )}
    </p>
  )
}

const Head = ({
  document,
  hasStripes,
  onStripes,
}: {
  document: OpenDocument
  hasStripes: boolean
  onStripes: () => void
}) => {
  const entry = document.entry.value
  const phase = document.phase.value
  return (
    <header class="document-head">
      <div class="document-title">
        <a class="back" href={linkTo('documents', undefined, { q: route.value.with.q })} aria-label="All documents">
          ←
        </a>
        <h1>
          <Name of={document.uri} />
        </h1>
        <State is={phase === 'over' ? (entry?.state ?? 'complete') : phase === 'live' ? 'live' : phaseWords[phase]} />
        <span class="spring" />
        <button type="button" aria-pressed={hasStripes} onClick={onStripes} title="Tell chunks and their writers apart">
          Chunks
        </button>
        <a class="button" href={address('documents/text', { uri: document.uri })} download="">
          Download
        </a>
      </div>
      <Facts entry={entry} />
      <Fault of={document.fault.value} />
    </header>
  )
}

/** What is known of the chunk that is pointed at, or moved to by keys. */
const useChunk = (document: OpenDocument, timeline: Timeline, view: { readonly current: TextView | undefined }) => {
  const current = useSignal<ChunkFact | undefined>(undefined)
  const chunk = current.value
  const [isSpoken, setSpoken] = useState(false)
  useEffect(() => {
    current.value = undefined
  }, [document, document.replaced])
  useEffect(() => markChunk(view.current, chunk), [chunk])
  useEffect(() => () => markChunk(undefined, undefined), [])
  const point = (unit: number | undefined) => {
    if (unit === undefined) return
    if (unit >= timeline.units) void document.extend()
    setSpoken(false)
    current.value = timeline.chunkAt(unit)
  }
  const step = (by: number) => {
    const from = current.peek()
    const next = timeline.fact(from === undefined ? 0 : from.index + by)
    if (next === undefined) return
    setSpoken(true)
    current.value = next
    view.current?.reveal(next.start)
  }
  return { chunk, isSpoken, point, step }
}

export const Document = ({ uri }: { uri: string }) => {
  const { document, moment } = useOpen(uri)
  const timeline = useTimeline(document)
  const { at, move } = useMoment(uri)
  const view = useRef<TextView>(undefined)
  const [hasStripes, setStripes] = useState(false)
  const chunked = useChunk(document, timeline, view)
  const isLive = useComputed(() => document.phase.value !== 'over').value
  void document.changed.value

  const isLocal = at === undefined || timeline.ascends
  useEffect(() => {
    if (isLocal) moment.forget()
    else moment.show(at)
  }, [at, isLocal, document.changed.value])
  const blocks = (isLocal ? undefined : moment.blocks.value) ?? document.blocks
  const end = at === undefined || !isLocal ? blocks.units : timeline.unitsAt(at)
  const span = spanOf(timeline, document.entry.value)
  useViewKeys({ '[': () => chunked.step(-1), ']': () => chunked.step(1) })

  const mark = () => {
    markChunk(view.current, chunked.chunk)
    markStripes(hasStripes ? view.current : undefined, timeline)
  }
  useEffect(mark, [hasStripes])

  return (
    <article class="document" data-phase={document.phase.value} data-units={end}>
      <Head document={document} hasStripes={hasStripes} onStripes={() => setStripes(!hasStripes)} />
      {!document.isKnown.value && blocks.units === 0 ? (
        <p class="empty-title">Nothing of it has come yet.</p>
      ) : (
        <TextPane
          uri={uri}
          blocks={blocks}
          end={end}
          edition={document.replaced}
          grows={at !== undefined || isLive}
          follows={at !== undefined || document.entry.value?.state === 'open'}
          onView={made => {
            view.current = made
          }}
          onDraw={mark}
          onPoint={chunked.point}
        />
      )}
      <ChunkLine chunk={chunked.chunk} timeline={timeline} isSpoken={chunked.isSpoken} />
      {span !== undefined && (
        <TimePanel
          span={span}
          timeline={timeline}
          at={at}
          shownUnits={end}
          allUnits={document.blocks.units}
          isOpen={isLive}
          onMove={move}
        />
      )}
    </article>
  )
}
