import { useRef, useState } from 'preact/hooks'
import type { QueryAnswer } from '../../web/api.ts'
import { cellText } from '../model/table.ts'
import { visibleLine } from '../model/visible.ts'

const rowHeight = 28
const overscanRows = 20
const shownCharacters = 200

const isNumeric = (type: string) => /INT|DOUBLE|FLOAT|REAL|DECIMAL|NUMERIC/i.test(type)
const short = (text: string) => (text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`)

const Cell = ({ value, type }: { value: unknown; type: string }) => {
  const text = cellText(value)
  if (value === null) return <td class="faint">null</td>
  return (
    <td class={isNumeric(type) ? 'number' : ''} title={text.length > 30 ? visibleLine(short(text)) : undefined}>
      <bdi>{visibleLine(short(text))}</bdi>
    </td>
  )
}

/** Rows of a query's answer; of many, those that are seen. */
export const AnswerTable = ({ of: { columns, rows } }: { of: QueryAnswer }) => {
  const box = useRef<HTMLElement>(null)
  const [top, setTop] = useState(0)
  const screen = box.current?.clientHeight ?? 800
  const first = Math.max(0, Math.floor(top / rowHeight) - overscanRows)
  const last = Math.min(rows.length, Math.ceil((top + screen) / rowHeight) + overscanRows)
  const look = () => {
    const next = Math.floor(box.current!.scrollTop / (rowHeight * 5)) * rowHeight * 5
    if (next !== top) setTop(next)
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section ref={box} class="table-box answer-box" aria-label="Result" tabIndex={0} onScroll={look}>
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map(({ name, type }, i) => (
              <th key={`${i} ${name}`} scope="col" class={isNumeric(type) ? 'number' : ''}>
                <bdi>{visibleLine(name)}</bdi> <span class="faint">{type.toLowerCase()}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && (
            <tr class="filler">
              <td colSpan={columns.length} style={{ height: `${first * rowHeight}px` }} />
            </tr>
          )}
          {rows.slice(first, last).map((row, i) => (
            <tr key={first + i} aria-rowindex={first + i + 2}>
              {row.map((value, at) => (
                <Cell key={columns[at].name + String(at)} value={value} type={columns[at].type} />
              ))}
            </tr>
          ))}
          {last < rows.length && (
            <tr class="filler">
              <td colSpan={columns.length} style={{ height: `${(rows.length - last) * rowHeight}px` }} />
            </tr>
          )}
        </tbody>
      </table>
    </section>
  )
}
