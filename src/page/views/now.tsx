import { useSignal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { inOrder, type Lane } from '../model/lanes.ts'
import { count, rate, seconds } from '../model/numbers.ts'
import { Chart } from '../parts/chart.tsx'
import { Empty, Figure, Figures } from '../parts/figures.tsx'
import { LaneCard } from '../parts/lane-card.tsx'
import { Search } from '../parts/search.tsx'
import { useViewKeys } from '../shortcuts.ts'
import { flowed, lanes, listening } from '../state.ts'

/** The numbers around the texts change this often; the texts themselves with every frame. */
const numbersMs = 250
const lanesShownMax = 120
const pulseSeconds = 120

const median = (numbers: readonly number[]): number | null => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted.length === 0 ? null : sorted[sorted.length >> 1]
}

/** Grows while something flows, but no more often than a person reads numbers. */
const useSlowly = () => {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    let seen = flowed.peek()
    const timer = setInterval(() => {
      if (flowed.peek() === seen) return
      seen = flowed.peek()
      setTurn(seen)
    }, numbersMs)
    return () => clearInterval(timer)
  }, [])
  return turn
}

const matching = (all: readonly Lane[], words: string): readonly Lane[] => {
  if (words === '') return all
  const wanted = words.toLowerCase()
  return all.filter(({ agent, uri }) => `${agent}\n${uri}`.toLowerCase().includes(wanted))
}

const Totals = ({ all }: { all: readonly Lane[] }) => {
  const writing = all.filter(({ state }) => state === 'writing').length
  const stalled = all.filter(({ state }) => state === 'stalled').length
  const firsts = all.flatMap(({ firstChunkSeconds }) => firstChunkSeconds ?? [])
  return (
    <Figures label="All streams">
      <Figure is={count(writing)} of="writing" />
      <Figure is={count(stalled)} of="stalled" {...(stalled > 0 && { tone: 'warn' as const })} />
      <Figure is={rate(lanes.charactersPerSecond)} of="characters/s" />
      <Figure is={rate(lanes.chunksPerSecond)} of="chunks/s" />
      <Figure is={seconds(median(firsts))} of="first chunk, median" />
    </Figures>
  )
}

const PulseChart = () => (
  <Chart
    title="Characters per second, the last two minutes"
    kind="area"
    isTime
    isBare
    lastSeconds={pulseSeconds}
    height={56}
    x={lanes.pulses.map(({ time }) => time / 1e6)}
    series={[
      {
        label: 'characters/s',
        colour: 'accent',
        values: lanes.pulses.map(({ charactersPerSecond }) => charactersPerSecond),
      },
    ]}
    format={rate}
  />
)

const Waiting = () => (
  <Empty title={listening.value === 'open' ? 'Nothing is being written right now' : 'Connecting …'}>
    <p>Whoever writes is seen here as it happens. For example:</p>
    <pre>{`curl -X POST "${location.origin}/records?agent=me&uri=/hello.md" -H "content-type: text/plain" -T -`}</pre>
    <p>Then write; each line is seen as soon as you end it.</p>
  </Empty>
)

export const Now = () => {
  useSlowly()
  const words = useSignal('')
  const narrow = (to: string) => {
    words.value = to
  }
  const isHeld = useSignal(false)
  const hold = () => {
    isHeld.value = !isHeld.value
  }
  useViewKeys({ ' ': hold })
  const all = inOrder(lanes.lanes.values())
  const shown = matching(all, words.value)
  return (
    <>
      <div class="view-head now-head">
        <h1>Now</h1>
        <Totals all={all} />
        <PulseChart />
        <div class="tools">
          <Search label="Filter agents and documents" value={words.value} onWords={narrow} />
          <button type="button" aria-pressed={isHeld.value} onClick={hold}>
            {isHeld.value ? 'Let go' : 'Hold still'}
          </button>
        </div>
      </div>
      {all.length === 0 && <Waiting />}
      <ul class="lanes" aria-label="Streams">
        {shown.slice(0, lanesShownMax).map(lane => (
          <LaneCard key={lane.key} lane={lane} isHeld={isHeld.value} />
        ))}
      </ul>
      {shown.length > lanesShownMax && (
        <p class="more">{count(shown.length - lanesShownMax)} more; filter to see them</p>
      )}
    </>
  )
}
