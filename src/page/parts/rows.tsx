import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

interface RowsGiven {
  readonly count: number
  readonly rowHeight: number
  /** One row; it gets its place from `style`. */
  readonly render: (index: number) => ComponentChildren
  /** The last row that is drawn: more may be needed. */
  readonly onReach?: (last: number) => void
  /** Changes when the rows are others: then `onReach` is told again. */
  readonly edition?: string | undefined
  /** Scrolls there when it changes. */
  readonly reveal?: number | undefined
  readonly class?: string
  readonly label: string
}

const overscanRows = 8

/** Many rows of one height, of which those that are seen are drawn. */
export const Rows = ({ count, rowHeight, render, onReach, edition, reveal, label, class: named = '' }: RowsGiven) => {
  const box = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ top: 0, height: 600 })
  const look = () => {
    if (box.current === null) return
    const { scrollTop, clientHeight } = box.current!
    const top = Math.floor(scrollTop / rowHeight) * rowHeight
    if (top !== seen.top || clientHeight !== seen.height) setSeen({ top, height: clientHeight })
  }
  useEffect(() => {
    const watch = new ResizeObserver(look)
    watch.observe(box.current!)
    return () => watch.disconnect()
  })
  useEffect(() => {
    if (reveal === undefined || box.current === null) return
    const { scrollTop, clientHeight } = box.current
    const top = reveal * rowHeight
    if (top < scrollTop) box.current.scrollTop = top
    if (top + rowHeight > scrollTop + clientHeight) box.current.scrollTop = top + rowHeight - clientHeight
  }, [reveal])
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - overscanRows)
  const last = Math.min(count, Math.ceil((seen.top + seen.height) / rowHeight) + overscanRows)
  useEffect(() => onReach?.(last), [last, count, edition])
  return (
    <section ref={box} class={`rows ${named}`} aria-label={label} onScroll={look}>
      <div class="rows-all" style={{ height: `${count * rowHeight}px` }}>
        <div style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => render(first + i))}
        </div>
      </div>
    </section>
  )
}
