import { basename } from 'node:path'
import { isoMicros } from '../std/clock.ts'
import { harmless } from '../std/terminal.ts'
import { bytesBehind, isSegment, type LogFile, surveyLog } from '../topic/survey.ts'
import type { ConsumerState, ConsumerStates } from './log-consumers.ts'
import { amount } from './words.ts'

/** Of each kind of file; --json has all. */
const filesShownMax = 20

export interface LogInfo {
  readonly log: string
  readonly files: readonly LogFile[]
  readonly consumers: ConsumerStates
}

export const infoOf = async (log: string, states: () => Promise<ConsumerStates>): Promise<LogInfo> => {
  const consumers = await states()
  return { log, files: await surveyLog(log), consumers }
}

const sum = (files: readonly LogFile[]) => files.reduce((bytes, file) => bytes + file.bytes, 0)

const times = (files: readonly LogFile[], pick: (file: LogFile) => number | undefined) =>
  files.map(pick).filter(time => time !== undefined)

const isoOf = (micros: number | undefined) => (micros === undefined ? null : isoMicros(micros))

const spanOf = (files: readonly LogFile[]) => ({
  first_event_time: isoOf(times(files, file => file.firstTime).sort((a, b) => a - b)[0]),
  last_event_time: isoOf(
    times(files, file => file.lastTime)
      .sort((a, b) => a - b)
      .at(-1),
  ),
})

const fileJson = ({ path, bytes, written }: LogFile) => ({ file: basename(path), bytes, written: isoMicros(written) })

const consumerJson = (files: readonly LogFile[], { warehouse, position, problem }: ConsumerState) =>
  problem === undefined
    ? { warehouse, position, lag_bytes: bytesBehind(files, position) }
    : { warehouse, position: null, lag_bytes: null, problem }

export const infoJson = ({ log, files, consumers }: LogInfo) => ({
  log,
  bytes: sum(files),
  ...spanOf(files),
  segments: files.filter(isSegment).map(file => ({ offset: file.base, ...fileJson(file) })),
  others: files.filter(file => !isSegment(file)).map(fileJson),
  consumers: consumers.known.map(state => consumerJson(files, state)),
  damaged: consumers.damaged,
})

const digits = (n: number) => n.toLocaleString('en')

const fileLine = ({ path, bytes, written }: LogFile) =>
  `  ${harmless(basename(path)).padEnd(28)}${digits(bytes).padStart(18)}  ${isoMicros(written).slice(0, 19)}Z`

const shown = (files: readonly LogFile[]): string[] => {
  const lines = files.slice(0, filesShownMax).map(fileLine)
  const more = files.length - lines.length
  return more > 0 ? [...lines, `  … and ${amount(more, 'more')}`] : lines
}

const section = (files: readonly LogFile[], what: string) =>
  files.length === 0
    ? []
    : [`${amount(files.length, what)}, ${amount(sum(files), 'byte')}, last written to:`, ...shown(files)]

const consumerLine = (files: readonly LogFile[], { warehouse, position, problem }: ConsumerState) => {
  const lag = bytesBehind(files, position)
  const where = problem ?? (lag === 0 ? 'has read all' : `${amount(lag, 'byte')} behind`)
  return `  "${harmless(warehouse)}": ${harmless(where)}`
}

const consumerLines = (files: readonly LogFile[], { known, damaged }: ConsumerStates) => [
  known.length === 0 ? 'no consumer is known' : `${amount(known.length, 'consumer')}:`,
  ...known.map(state => consumerLine(files, state)),
  ...damaged.map(({ path, why }) => `  "${harmless(path)}" names no consumer: ${harmless(why)}`),
]

const spanLine = (files: readonly LogFile[]) => {
  const { first_event_time, last_event_time } = spanOf(files)
  return first_event_time === null ? 'no record has a time' : `records from ${first_event_time} to ${last_event_time}`
}

export const infoLines = ({ files, consumers }: LogInfo): string[] => {
  const segments = files.filter(isSegment)
  const others = files.filter(file => !isSegment(file))
  return [
    files.length === 0 ? 'the log is empty' : spanLine(files),
    ...section(segments, 'segment'),
    ...section(others, 'other log file'),
    ...consumerLines(files, consumers),
  ]
}
