import type { Timeline } from '../model/timeline.ts'
import { hueOf } from './name.tsx'
import type { TextView } from './text-view.ts'

/** So many chunks at most are told apart on a screen. */
const stripesMax = 4000
const hues = 10

/** The one of a higher priority is seen where two lie over one another. */
const set = (name: string, ranges: readonly Range[], priority = 0) => {
  if (ranges.length === 0) return void CSS.highlights.delete(name)
  const highlight = new Highlight(...ranges)
  highlight.priority = priority
  CSS.highlights.set(name, highlight)
}

/** Marks one chunk, without touching the text. */
export const markChunk = (view: TextView | undefined, chunk: { start: number; length: number } | undefined): void => {
  const ranges = view && chunk ? view.ranges(chunk.start, chunk.start + chunk.length) : []
  set('chunk', ranges, 1)
}

/** Every other chunk that is drawn gets the colour of who wrote it. */
export const markStripes = (view: TextView | undefined, timeline: Timeline | undefined): void => {
  const stripes = Array.from({ length: hues }, (): Range[] => [])
  if (view !== undefined && timeline !== undefined) {
    const { from, to } = view.extent
    let fact = timeline.chunkAt(from)
    for (let n = 0; fact !== undefined && fact.start < to && n < stripesMax; n++) {
      if (fact.index % 2 === 0) stripes[hueOf(fact.agent)].push(...view.ranges(fact.start, fact.start + fact.length))
      fact = timeline.fact(fact.index + 1)
    }
  }
  for (const [hue, ranges] of stripes.entries()) set(`stripe-${hue}`, ranges)
}
