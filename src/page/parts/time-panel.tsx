import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { count, exactTime, seconds } from '../model/numbers.ts'
import { advanced, type Pace, speeds, stepped } from '../model/player.ts'
import type { Timeline } from '../model/timeline.ts'
import { useViewKeys } from '../shortcuts.ts'
import { Chart } from './chart.tsx'

const bins = 120
const pageSteps = 20

export interface Span {
  readonly first: number
  readonly last: number
}

interface TimeGiven {
  readonly span: Span
  readonly timeline: Timeline
  /** undefined: as it is now. */
  readonly at: number | undefined
  readonly shownUnits: number
  readonly allUnits: number
  readonly isOpen: boolean
  readonly onMove: (at: number | undefined) => void
}

/** Moves on with the clock of the screen, until the end. What stops it stops it at once. */
const usePlaying = ({ span, timeline, at, onMove }: TimeGiven, pace: Pace) => {
  const [isPlaying, setPlaying] = useState(false)
  const frame = useRef(0)
  useEffect(() => {
    if (!isPlaying) return
    let moment = at === undefined || at >= span.last ? span.first : at
    let before = performance.now()
    const play = (now: number) => {
      moment = Math.min(span.last, advanced(moment, (now - before) / 1000, pace, timeline))
      before = now
      onMove(moment)
      if (moment >= span.last) setPlaying(false)
      else frame.current = requestAnimationFrame(play)
    }
    frame.current = requestAnimationFrame(play)
    return () => cancelAnimationFrame(frame.current)
  }, [isPlaying, pace.speed, pace.skipsPauses, timeline])
  const stop = () => {
    cancelAnimationFrame(frame.current)
    setPlaying(false)
  }
  return { isPlaying, start: () => setPlaying(true), stop }
}

const Density = ({ timeline, version }: { timeline: Timeline; version: number }) => {
  const [x, values] = useMemo(
    () => [Array.from({ length: bins }, (_, i) => i), timeline.density(bins)],
    [timeline, version],
  )
  const series = useMemo(() => [{ label: 'characters', colour: 'accent', values }], [values])
  return <Chart title="When the text came" kind="area" isBare height={30} x={x} series={series} />
}

interface ControlsGiven {
  readonly isPlaying: boolean
  readonly pace: Pace
  readonly onPlay: () => void
  readonly onPace: (pace: Pace) => void
}

const Controls = ({ isPlaying, pace, onPlay, onPace }: ControlsGiven) => (
  <>
    <button type="button" class="play" onClick={onPlay} aria-label={isPlaying ? 'Pause' : 'Play'}>
      {isPlaying ? '❚❚' : '▶'}
    </button>
    <select
      aria-label="Speed"
      value={pace.speed}
      onChange={event => onPace({ ...pace, speed: Number(event.currentTarget.value) })}
    >
      {speeds.map(times => (
        <option key={times} value={times}>
          {times}×
        </option>
      ))}
    </select>
    <label class="check">
      <input
        type="checkbox"
        checked={pace.skipsPauses}
        onChange={event => onPace({ ...pace, skipsPauses: event.currentTarget.checked })}
      />
      skip pauses
    </label>
  </>
)

/** A document's time: a slider from its first chunk to its last, and a player at the pace of its writers. */
export const TimePanel = (given: TimeGiven) => {
  const { span, timeline, at, shownUnits, allUnits, isOpen, onMove } = given
  const [pace, setPace] = useState<Pace>({ speed: 1, skipsPauses: false })
  const { isPlaying, start: play, stop } = usePlaying(given, pace)
  const shown = at ?? span.last
  const start = span.first - 1000
  const length = Math.max(1, Math.ceil((span.last - start) / 1000))
  // Keys that come faster than they are drawn go on from one another.
  const reached = useRef(shown)
  reached.current = shown
  const move = (to: number | undefined) => {
    stop()
    const bounded = to === undefined ? undefined : Math.min(span.last, Math.max(start, to))
    reached.current = bounded ?? span.last
    onMove(bounded)
  }
  const turn = isPlaying ? stop : play
  useViewKeys({ ' ': turn, l: () => move(undefined) })

  const onKey = (event: KeyboardEvent) => {
    const page = (length * 1000) / pageSteps
    const from = reached.current
    const chunk = (by: 1 | -1) => (timeline.ascends ? stepped(from, by, timeline) : from + by * 100_000)
    const moves: Record<string, () => number> = {
      ArrowLeft: () => chunk(-1),
      ArrowDown: () => chunk(-1),
      ArrowRight: () => chunk(1),
      ArrowUp: () => chunk(1),
      PageDown: () => from - page,
      PageUp: () => from + page,
    }
    if (!Object.hasOwn(moves, event.key)) return
    event.preventDefault()
    move(moves[event.key]())
  }

  return (
    <section class="time-panel" aria-label="Time">
      {timeline.chunks > 0 && <Density timeline={timeline} version={timeline.chunks} />}
      <input
        type="range"
        aria-label="The text as it was at"
        aria-valuetext={at === undefined ? 'now' : exactTime(shown)}
        min={0}
        max={length}
        step={1}
        value={at === undefined ? length : (shown - start) / 1000}
        onInput={event => move(start + Number(event.currentTarget.value) * 1000)}
        onKeyDown={onKey}
      />
      <div class="time-row">
        <Controls isPlaying={isPlaying} pace={pace} onPlay={turn} onPace={setPace} />
        <span class="moment">
          <b>{exactTime(shown)}</b> <span>+{seconds(Math.max(0, (shown - span.first) / 1e6))}</span>{' '}
          <span class="faint">
            {count(shownUnits)} of {count(allUnits)} characters
          </span>
        </span>
        <button type="button" class="to-live" aria-pressed={at === undefined} onClick={() => move(undefined)}>
          {isOpen ? 'Live' : 'As it is'}
        </button>
      </div>
    </section>
  )
}
