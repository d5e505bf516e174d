import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { TextBlocks } from '../model/text-blocks.ts'
import { visibleLine } from '../model/visible.ts'
import { TextView } from './text-view.ts'

interface TextGiven {
  readonly uri: string
  readonly blocks: TextBlocks
  /** Shown up to here. */
  readonly end: number
  /** Changes when the text is another one, not only longer. */
  readonly edition: number
  /** It grows: who scrolls to its end goes along with it. */
  readonly grows: boolean
  /** Goes along with its end to begin with. */
  readonly follows: boolean
  readonly onView: (view: TextView | undefined) => void
  readonly onDraw: () => void
  readonly onPoint: (unit: number | undefined) => void
}

const hoverMs = 40

/** A long text, of which only what is seen is drawn. */
export const TextPane = (given: TextGiven) => {
  const scroller = useRef<HTMLDivElement>(null)
  const view = useRef<TextView>(undefined)
  const latest = useRef(given)
  latest.current = given
  const pointer = useRef({ at: 0, timer: undefined as ReturnType<typeof setTimeout> | undefined })
  const [isAtEnd, setAtEnd] = useState(true)

  useLayoutEffect(() => {
    const made = new TextView(scroller.current!, given.blocks, () => {
      setAtEnd(made.isAtEnd)
      latest.current.onDraw()
    })
    view.current = made
    given.onView(made)
    return () => {
      given.onView(undefined)
      made[Symbol.dispose]()
    }
  }, [given.uri])

  useLayoutEffect(() => {
    view.current?.anew(given.blocks)
  }, [given.edition])

  useLayoutEffect(() => {
    if (view.current === undefined) return
    view.current.mayFollow = given.grows
    if (given.grows && given.follows) view.current.follow()
    else view.current.isFollowing = false
  }, [given.follows, given.grows, given.uri])

  useLayoutEffect(() => view.current?.show(given.blocks, given.end))

  const point = (event: MouseEvent) => {
    const { clientX, clientY } = event
    pointer.current.timer ??= setTimeout(() => {
      pointer.current.timer = undefined
      latest.current.onPoint(view.current?.unitAt(clientX, clientY))
    }, hoverMs)
  }

  return (
    <div class="text-frame">
      <section
        ref={scroller}
        class="text-pane"
        aria-label={`Text of ${visibleLine(given.uri)}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        tabIndex={0}
        onPointerMove={point}
        onPointerDown={point}
      />
      {!isAtEnd && given.grows && (
        <button type="button" class="to-end" onClick={() => view.current?.follow()}>
          ↓ Newest
        </button>
      )}
    </div>
  )
}
