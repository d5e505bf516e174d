import type { StackEvent } from '../stack/stack.ts'
import type { DaemonStatus } from '../stack/status.ts'
import { harmless } from '../std/terminal.ts'
import { say } from './exit.ts'

const barCharacters = 24

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

const listed = (ports: DaemonStatus['ports']) => Object.values(ports).join(', ')

const ended = { 'gone before': 'was gone already', terminated: 'ended', killed: 'did not end, and was killed' } as const

/** One line for a person, or nothing where the bar says it. */
const sentence = (event: StackEvent): string | undefined => {
  switch (event.kind) {
    case 'waiting':
      return `waiting: ${event.why}`
    case 'jars':
      return event.done === 0 ? `${event.part}: downloading ${event.total} jars by Maven` : undefined
    case 'bundle':
      return event.done === 0 ? `downloading ${event.file}, ${event.total} MiB` : undefined
    case 'formatting':
      return `${event.daemon}: formatting its data, for its first start`
    case 'starting':
      return `${event.daemon}: started, pid ${event.pid}; waiting until it is ready`
    case 'running':
      return `${event.daemon}: up already`
    case 'ready':
      return `${event.daemon}: ready after ${seconds(event.ms)}`
    case 'stopping':
      return `${event.daemon}: ending pid ${event.pid}`
    case 'ended':
      return `${event.daemon}: ${ended[event.how]}`
    case 'archive':
      return event.failed === undefined
        ? `${event.part}: archiving its classes for Java ${event.java}, once, so that it starts faster`
        : `${event.part}: starts slower, as its classes could not be archived: ${harmless(event.failed)}`
    case 'orphans':
      return `${event.daemon}: ended what it had left running: ${event.ended} ${event.ended === 1 ? 'process' : 'processes'}`
    case 'wiped':
      return `${event.part}: data removed`
  }
}

const draw = (done: number, total: number, what: string) => {
  const bar = '#'.repeat(Math.min(barCharacters, Math.round((done / total) * barCharacters))).padEnd(barCharacters, '.')
  process.stderr.write(done === total ? '\r\x1b[K' : `\r${bar} ${done}/${total} ${what}\x1b[K`)
}

/** What happens, line by line; jars as a bar, on a terminal. */
export const tellEvents = (event: StackEvent): void => {
  const text = sentence(event)
  if (text !== undefined) say(text)
  else if (event.kind === 'jars' && process.stderr.isTTY) draw(event.done, event.total, 'jars')
  else if (event.kind === 'bundle' && process.stderr.isTTY) draw(event.done, event.total, 'MiB')
}

const columns = ['PART', 'DAEMON', 'STATE', 'PID', 'PORTS', 'SINCE', '']

const cells = ({ part, daemon, state, pid, ports, since, why, data }: DaemonStatus): string[] => [
  part,
  daemon,
  state,
  pid === null ? '-' : String(pid),
  listed(ports),
  since?.replace(/\.\d+Z$/, 'Z') ?? '-',
  why === null ? (data && state === 'down' ? 'has data' : '') : harmless(why),
]

/** Rows under each other, each column as wide as its widest cell. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0].map((_, at) => Math.max(...rows.map(row => row[at].length)))
  return rows.map(row => `${row.map((cell, at) => cell.padEnd(widths[at])).join('  ')}`.trimEnd() + '\n').join('')
}

export const printStatus = (states: readonly DaemonStatus[], json: boolean): void => {
  const text = json
    ? states.map(state => `${JSON.stringify(state)}\n`).join('')
    : table([columns, ...states.map(cells)])
  process.stdout.write(text)
}
