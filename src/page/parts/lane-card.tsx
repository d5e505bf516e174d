import { useEffect, useRef } from 'preact/hooks'
import { type Lane, rateOf, stripCells } from '../model/lanes.ts'
import { compact, rate, seconds } from '../model/numbers.ts'
import { linkToDocument } from '../model/route.ts'
import { visible } from '../model/visible.ts'
import { flowed, lanes } from '../state.ts'
import { State } from './figures.tsx'
import { drawNever, drawSoon } from './frames.ts'
import { AgentName, Name } from './name.tsx'

const cellWidth = 3
const barWidth = 2
const stripHeight = 14
const stripWidth = stripCells * cellWidth
/** So many characters in half a second make a full bar at least; faster lanes grow the scale. */
const fullCellMin = 40

/** Characters of a text that are drawn: more than a lane has room for, and not many more. */
const drawnUnitsMin = 350
const drawnUnitsMax = 700

/** A bar for each half second, the latest on the right: a stall is a hole. One path is one thing to paint, in no layer. */
const barsOf = ({ strip }: Lane): string => {
  const full = Math.max(fullCellMin, ...strip)
  const bar = (characters: number, i: number) => {
    const height = Math.max(2, Math.round((characters / full) * stripHeight))
    return characters === 0 ? '' : `M${i * cellWidth + barWidth / 2} ${stripHeight}v-${height}`
  }
  return Array.from(strip, bar).join('')
}

const Strip = ({ lane }: { lane: Lane }) => {
  const path = useRef<SVGPathElement>(null)
  const drawn = useRef(-1)
  useEffect(() => {
    const draw = () => {
      drawn.current = lane.cell
      path.current?.setAttribute('d', barsOf(lane))
    }
    draw()
    const end = flowed.subscribe(() => lane.cell !== drawn.current && drawSoon(draw))
    return () => {
      end()
      drawNever(draw)
    }
  }, [lane])
  return (
    <span>
      <svg class="strip" aria-hidden="true" viewBox={`0 0 ${stripWidth} ${stripHeight}`}>
        <path ref={path} stroke-width={barWidth} />
      </svg>
    </span>
  )
}

/** What comes is appended to one text node, which is far cheaper to lay out than a new text; now and then it is cut. */
const drawTail = (node: Text, lane: Lane, drawn: number) => {
  const more = lane.written - drawn
  if (drawn < 0 || more > lane.tail.length || node.length > drawnUnitsMax)
    node.data = visible(lane.tail.slice(-drawnUnitsMin))
  else node.appendData(visible(lane.tail.slice(lane.tail.length - more)))
}

/** The end of the text as it comes, drawn at most once a frame. */
const Tail = ({ lane, isHeld }: { lane: Lane; isHeld: boolean }) => {
  const box = useRef<HTMLDivElement>(null)
  const drawn = useRef(-1)
  useEffect(() => {
    const node = (box.current!.firstChild as Text | null) ?? box.current!.appendChild(document.createTextNode(''))
    const draw = () => {
      drawTail(node, lane, drawn.current)
      drawn.current = lane.written
    }
    const end = flowed.subscribe(() => {
      if (!isHeld && lane.written !== drawn.current) drawSoon(draw)
    })
    return () => {
      end()
      drawNever(draw)
    }
  }, [lane, isHeld])
  return (
    <div class="tail">
      <div ref={box} />
    </div>
  )
}

const silentSeconds = (lane: Lane) => Math.max(0, (lanes.now - lane.heard) / 1e6)

const stateWord = (lane: Lane): string => {
  if (lane.state === 'ended') return lane.reason ?? 'ended'
  return lane.state === 'stalled' ? `stalled ${seconds(Math.round(silentSeconds(lane)))}` : 'writing'
}

export const LaneCard = ({ lane, isHeld }: { lane: Lane; isHeld: boolean }) => (
  <li class={`lane lane-${lane.state}`} data-lane={lane.key}>
    <div class="lane-head">
      <AgentName of={lane.agent} />
      <State is={lane.state === 'ended' ? (lane.reason ?? 'ended') : lane.state} />
    </div>
    <a class="lane-document" href={linkToDocument(lane.uri)}>
      <Name of={lane.uri} />
    </a>
    <Tail lane={lane} isHeld={isHeld} />
    <div class="lane-foot">
      <Strip lane={lane} />
      <span class="lane-numbers" title={stateWord(lane)}>
        <b>{lane.state === 'stalled' ? seconds(Math.round(silentSeconds(lane))) : rate(rateOf(lane))}</b>
        {lane.state === 'stalled' ? ' silent' : '/s'}
        <span> · {compact(lane.characters)}</span>
        {lane.firstChunkSeconds !== null && (
          <span title="time to the first chunk"> · first {seconds(lane.firstChunkSeconds)}</span>
        )}
      </span>
    </div>
  </li>
)
