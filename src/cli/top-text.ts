import type { ClusterList, Health } from '../web/api.ts'
import { fit, pad, shown, widthOf } from './cell.ts'
import type { TopLane } from './top-lanes.ts'
import { amount } from './words.ts'

/** One look at all that runs. */
export interface Seen {
  readonly url: string
  readonly health: Health
  readonly lanes: readonly TopLane[]
  readonly clusters: ClusterList['clusters']
}

export interface Screen {
  readonly columns: number
  readonly rows: number
}

const clustersShown = 6
const barColumns = 16
const agentColumns = 16
const uriColumns = 24

const number = (n: number) => Math.round(n).toLocaleString('en')
const megabytes = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)

const duration = (seconds: number) => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`
}

const behind = ({ lag, lagUnit }: Health['consume']) => {
  if (lag === 0) return 'at the end'
  return `${lagUnit === 'bytes' ? megabytes(lag) : amount(lag, 'record')} behind`
}

const headOf = ({ url, health }: Seen): string[] => {
  const { status, version, uptimeSeconds, from, log, consume, produce, readers } = health
  const size = log.bytes === null ? '' : `${megabytes(log.bytes)}, `
  const oddities = [
    ...(consume.malformed > 0 ? [amount(consume.malformed, 'malformed line')] : []),
    ...(consume.conflicts > 0 ? [amount(consume.conflicts, 'conflict')] : []),
    ...(readers.dropped > 0 ? [`${amount(readers.dropped, 'reader')} dropped`] : []),
  ]
  const errors = [produce.error, consume.error].filter(error => error !== undefined)
  return [
    `textstream ${version}  ${url}  up ${duration(uptimeSeconds)}  ${status}`,
    `${number(health.chunksPerSecond)} chunks/s  ${number(health.charactersPerSecond)} characters/s  ${shown(from)}: ${size}${amount(log.records, 'record')}`,
    `capture ${produce.state}  consume ${consume.state}, ${amount(consume.rows, 'row')}, ${behind(consume)}, ${consume.model === 0 ? 'no model yet' : `model ${consume.model}`}  ${amount(readers.now, 'reader')}`,
    ...(oddities.length > 0 ? [`noticed: ${oddities.join(', ')}`] : []),
    ...errors.map(error => `! ${shown(error)}`),
  ]
}

const bar = (share: number) =>
  '█'.repeat(Math.max(share > 0 ? 1 : 0, Math.round(share * barColumns))).padEnd(barColumns)

const clusterLines = ({ clusters }: Seen): string[] => {
  if (clusters.length === 0) return []
  const rows = clusters.slice(0, clustersShown).map(({ cluster, label, rows, share }) => {
    return `${String(cluster).padStart(7)}  ${bar(share)} ${number(rows).padStart(9)}  ${shown(label)}`
  })
  return ['', 'cluster                         rows  label', ...rows]
}

const laneLine = (lane: TopLane, columns: number): string => {
  const { agent, uri, chunksPerSecond, charactersPerSecond, firstChunkSeconds, state, text } = lane
  const first = firstChunkSeconds === null ? '-' : `${firstChunkSeconds.toFixed(2)}`
  const left = [
    pad(fit(shown(agent), agentColumns), agentColumns, false),
    pad(fit(shown(uri), uriColumns), uriColumns, false),
    number(chunksPerSecond).padStart(8),
    number(charactersPerSecond).padStart(7),
    first.padStart(7),
    pad(fit(shown(state), 8), 8, false),
  ].join(' ')
  const room = columns - widthOf(left) - 2
  return room < 8 ? left : `${left}  ${endOf(shown(text), room)}`
}

/** The last of a text: what was written just now. */
const endOf = (text: string, room: number): string => {
  let end = text.slice(-room).toWellFormed()
  while (widthOf(end) > room) end = end.slice(1)
  return end
}

const titles = `${'agent'.padEnd(agentColumns)} ${'document'.padEnd(uriColumns)} chunks/s chars/s first s state     text`

/** As many lines as fit, none longer than the screen is wide; nothing in them but characters. */
export const screenOf = (seen: Seen, { columns, rows }: Screen): string[] => {
  const head = [...headOf(seen), ...clusterLines(seen), '', titles]
  const room = Math.max(0, rows - head.length)
  const lanes = seen.lanes.slice(0, room).map(lane => laneLine(lane, columns))
  return [...head, ...lanes].slice(0, rows).map(line => fit(line, columns))
}
