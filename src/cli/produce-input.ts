import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Poured, pour, type SetAside } from '../produce/pour.ts'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import type { Topic } from '../topic/topic.ts'
import type { ProduceFlags } from './produce-flags.ts'
import { hintsFor } from './produce-hints.ts'
import { exit, say } from './run.ts'
import { madeDurable, untilSignal } from './signals.ts'
import { amount } from './words.ts'

/** Faults beyond these are counted, not told one by one. */
const toldMax = 20
const excerptBytes = 80

const runName = () => `${new Date().toISOString().replace(/\D/g, '')}-${process.pid}`

const excerpt = (bytes: Buffer) =>
  harmless(bytes.toString('utf8', 0, excerptBytes)) + (bytes.length > excerptBytes ? '…' : '')

/** Beside the log, under a name that nobody takes for one: made only if there is something to keep. */
const malformedFile = (dir: string | undefined) => {
  const path = dir === undefined ? undefined : join(dir, `malformed-${runName()}.rejected`)
  let file: number | undefined
  const keep = ({ line, offset, reason, bytes }: SetAside) => {
    if (path === undefined) return
    file ??= openSync(path, 'wx')
    writeSync(file, `${JSON.stringify({ input: '-', line, offset, reason, bytes: bytes.toString('base64') })}\n`)
  }
  return { path, keep, [Symbol.dispose]: () => (file === undefined ? undefined : closeSync(file)) }
}

const teller = () => {
  let faults = 0
  const tell = (text: string) => {
    if (faults++ < toldMax) say(`textstream: ${text}`)
  }
  return { tell, faults: () => faults }
}

const summary = ({ format, chunks, bytes, malformed, destination_uri, agent_id, ended }: Poured) => {
  const what = format === 'text' ? 'chunk' : 'record'
  const where = destination_uri === undefined ? '' : ` into ${harmless(destination_uri)}`
  const who = agent_id === undefined ? '' : ` by ${harmless(agent_id)}`
  const bad = malformed === 0 ? '' : `, ${amount(malformed, 'malformed line')}`
  return `${amount(chunks, what)}, ${amount(bytes, 'byte')}${where}${who}${bad}: ended with "${ended}"`
}

const optional = ({ agent, uri, format, seed }: ProduceFlags) => ({
  ...(agent !== undefined && { agent }),
  ...(uri !== undefined && { uri }),
  ...(format !== undefined && { format }),
  ...(seed !== undefined && { seed }),
})

const report = (poured: Poured, faults: number, kept: string | undefined, { json }: ProduceFlags) => {
  if (faults > toldMax) say(`textstream: … and ${faults - toldMax} more of that kind`)
  if (poured.malformed > 0 && kept !== undefined) say(`textstream: malformed lines are kept, with reasons, in ${kept}`)
  say(summary(poured))
  if (json)
    process.stdout.write(
      `${JSON.stringify({ ...poured, faults, ...(poured.malformed > 0 && kept !== undefined && { kept }) }, null, 2)}\n`,
    )
}

/** Node reads a folder as an empty input. */
const refuseFolder = () => {
  if (fstatSync(process.stdin.fd).isDirectory())
    throw new StreamError('produce/usage', 'standard input is a folder; serve it with textstream source -d DIR')
}

/** Captures standard input, and says what became of it. */
export const produceInput = async (topic: Topic, flags: ProduceFlags): Promise<void> => {
  refuseFolder()
  const stop = untilSignal(madeDurable)
  const { tell, faults } = teller()
  using malformed = malformedFile(flags.logsDir)
  const setAside = (line: SetAside) => {
    tell(`line ${line.line} (offset ${line.offset}) is malformed: ${line.reason}: ${excerpt(line.bytes)}`)
    malformed.keep(line)
  }
  const onFault = (offset: number, byte: number) =>
    tell(`standard input is not UTF-8 at offset ${offset} (0x${byte.toString(16).padStart(2, '0')}): kept as U+FFFD`)
  const options = { ...optional(flags), ...hintsFor(process.env), signal: stop.signal, setAside, onFault }
  const poured = await pour(process.stdin, topic, options)
  process.stdin.destroy()
  report(poured, faults(), malformed.path, flags)
  process.exitCode = stop.code() ?? (faults() > 0 ? exit.findings : exit.done)
}
