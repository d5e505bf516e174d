import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

export interface Column<T> {
  readonly name: string
  readonly cell: (row: T) => ComponentChildren
  /** Without it the column cannot be sorted by. */
  readonly by?: (row: T) => number | string | null
  readonly isNumber?: boolean
  readonly title?: string
}

const compare = (a: number | string | null, b: number | string | null): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

interface TableGiven<T> {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  /** Sorted by this column, from the top, to begin with. */
  readonly first: number
  readonly classOf?: (row: T) => string
}

/** A table that its reader sorts. */
export const SortedTable = <T,>({ label, columns, rows, keyOf, first, classOf }: TableGiven<T>) => {
  const [sort, setSort] = useState({ column: first, isDown: true })
  const by = columns[sort.column].by
  const sorted = by ? rows.toSorted((a, b) => compare(by(a), by(b)) * (sort.isDown ? -1 : 1)) : rows
  const turn = (column: number) =>
    setSort({ column, isDown: column === sort.column ? !sort.isDown : columns[column].isNumber === true })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="table-box" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber, title, by: sortable }, i) => (
              <th
                key={name}
                scope="col"
                class={isNumber ? 'number' : ''}
                title={title}
                aria-sort={i === sort.column ? (sort.isDown ? 'descending' : 'ascending') : undefined}
              >
                {sortable ? (
                  <button type="button" onClick={() => turn(i)}>
                    {name}
                    <i aria-hidden="true">{i === sort.column ? (sort.isDown ? ' ↓' : ' ↑') : ''}</i>
                  </button>
                ) : (
                  name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map(row => (
            <tr key={keyOf(row)} class={classOf?.(row) ?? ''}>
              {columns.map(({ name, cell, isNumber }) => (
                <td key={name} class={isNumber ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
