import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bin, plainEnvironment, type TempDir, tempDir } from '../system/textstream.ts'

export interface Running extends AsyncDisposable {
  readonly url: string
  readonly dir: string
  /** Posts records, and waits until they are durable. */
  post(records: readonly object[]): Promise<void>
  /** A document's text as the server has it. */
  text(uri: string, at?: number): Promise<string>
}

const startMsMax = 30_000

const listening = async (child: ChildProcess): Promise<string> => {
  const lines = createInterface({ input: child.stdout! })
  const line = once(lines, 'line', { signal: AbortSignal.timeout(startMsMax) })
  const died = once(child, 'exit').then(([code]) => Promise.reject(new Error(`textstream up ended with ${code}`)))
  const [first] = (await Promise.race([line, died])) as [string]
  return JSON.parse(first).url
}

const recordsPerPost = 20_000

const post = async (url: string, records: readonly object[]) => {
  for (let at = 0; at < records.length; at += recordsPerPost) {
    const body = records
      .slice(at, at + recordsPerPost)
      .map(record => `${JSON.stringify(record)}\n`)
      .join('')
    const response = await fetch(`${url}/records`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    })
    const told = (await response.json()) as { refused: number }
    if (!response.ok || told.refused > 0) throw new Error(`POST /records: ${JSON.stringify(told).slice(0, 500)}`)
  }
}

const textOf = async (url: string, uri: string, at?: number): Promise<string> => {
  const query = new URLSearchParams({ uri, ...(at !== undefined && { at: String(at) }) })
  const response = await fetch(`${url}/documents/text?${query}`)
  if (!response.ok) throw new Error(`GET /documents/text?${query}: ${response.status} ${await response.text()}`)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer())
}

const stop = async (child: ChildProcess, dir: TempDir) => {
  const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
  child.kill('SIGINT')
  await ended
  await dir[Symbol.asyncDispose]()
}

/** The real `textstream up`, in a folder of its own, on any free port; `older` are lines that its log begins with. */
export const startUp = async (args: readonly string[] = [], older: readonly string[] = []): Promise<Running> => {
  const dir = await tempDir()
  if (older.length > 0) {
    await mkdir(join(dir.path, 'logs'))
    await writeFile(join(dir.path, 'logs', 'logs_older.txt'), older.map(line => `${line}\n`).join(''))
  }
  const all = ['up', '--port', '0', '--json', '--log', 'logs', '--warehouse', 'warehouse', ...args]
  const child = spawn(bin, all, { cwd: dir.path, env: plainEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  try {
    const url = await listening(child)
    return {
      url,
      dir: dir.path,
      post: records => post(url, records),
      text: (uri, at) => textOf(url, uri, at),
      [Symbol.asyncDispose]: () => stop(child, dir),
    }
  } catch (thrown) {
    await stop(child, dir)
    throw thrown
  }
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** When the first chunk of each answer below came. */
export const firstMicros = Date.UTC(2026, 0, 5, 9, 0, 0) * 1000
export const isoOf = (micros: number): string =>
  new Date(Math.floor(micros / 1000)).toISOString().replace('Z', `${String(micros % 1000).padStart(3, '0')}Z`)

interface Told {
  readonly uri: string
  readonly agent: string
  readonly id: string
  readonly chunks: readonly string[]
  /** Microseconds of each chunk behind the first; one every 40 ms otherwise. */
  readonly at?: readonly number[]
  readonly ends?: boolean
}

/** An answer as an agent would post it. */
export const answer = ({ uri, agent, id, chunks, at, ends = true }: Told): object[] => {
  const timeOf = (i: number) => isoOf(firstMicros + (at?.[i] ?? i * 40_000))
  const said = { agent_id: agent, destination_uri: uri, response_id: id }
  const records = chunks.map((chunk, seq) => ({ chunk, ...said, event_time: timeOf(seq), seq }))
  if (!ends) return records
  const last = timeOf(chunks.length - 1)
  const seq = chunks.length
  const bytes = Buffer.byteLength(chunks.join(''))
  const sha256 = hashOf(chunks.join(''))
  return [
    ...records,
    { chunk: '', ...said, event_time: last, seq, end: { reason: 'stop', chunks: seq, bytes, sha256 } },
  ]
}
