/** From a folder over HTTP into a log, and beside it into a plain file, by curl, with one fsync at the end. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../src/std/error.ts'
import { type Cost, measured, runProgram, syncFileSystemOf } from './measure.ts'
import type { Texts } from './produce-texts.ts'
import { Served, type Spent } from './served.ts'

export interface Flow {
  readonly bin: string
  readonly texts: Texts
  readonly chunk: number
  /** Where logs go; it is removed. */
  readonly out: string
}

export interface Carried {
  readonly cost: Cost
  readonly source: Spent
}

const streamsAtOnce = 64

const startSource = ({ bin, texts, chunk }: Flow) =>
  Served.start({ program: bin, args: ['source', '-d', texts.dir, '-c', `${chunk}`, '-p', '0', '--json'] })

/** What an earlier run left must not be paid for by the next. */
const prepare = async ({ out }: Flow) => {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  await runProgram(syncFileSystemOf(out))
}

const checkDelivered = async (report: string, { texts }: Flow) => {
  const { chunks, bytes, deliveries } = JSON.parse(await readFile(report, 'utf8'))
  const captured = deliveries.filter(({ state }: { state: string }) => state === 'captured').length
  if (captured === texts.names.length && bytes === texts.bytes && chunks === texts.chunks) return
  const got = `${captured} texts, ${chunks} chunks, ${bytes} bytes`
  const want = `${texts.names.length}, ${texts.chunks} and ${texts.bytes}`
  throw new StreamError('bench/wrong', `produce delivered ${got}; there are ${want}; this is a bug`)
}

export const carryOurs = async (flow: Flow): Promise<Carried> => {
  await prepare(flow)
  await using source = await startSource(flow)
  const report = join(flow.out, 'report.json')
  const args = ['produce', '-s', source.url, '-l', join(flow.out, 'logs'), '--json']
  const cost = await measured({ program: flow.bin, args, stdout: report })
  await checkDelivered(report, flow)
  return { cost, source: await source.spent() }
}

const curlConfig = (url: string, { texts }: Flow) =>
  texts.names.map(name => `url = "${url}/stream/${encodeURIComponent(name)}"\n`).join('')

/** Pieces of streams lie mixed in the file, so only their amount can be checked. */
const checkAmount = async (file: string, { texts }: Flow) => {
  const { size } = await stat(file)
  if (size < texts.bytes)
    throw new StreamError('bench/wrong', `curl brought ${size} bytes, the texts have ${texts.bytes}`)
}

const curl = (config: string, file: string) =>
  `curl -sSfN --parallel --parallel-immediate --parallel-max ${streamsAtOnce} -K "${config}" | cat >> "${file}" && sync "${file}"`

/** An upper bound: nothing is looked at, stamped or acknowledged. */
export const carryPlain = async (flow: Flow): Promise<Carried> => {
  await prepare(flow)
  await using source = await startSource(flow)
  const config = join(flow.out, 'curl.config')
  const file = join(flow.out, 'plain.ndjson')
  await writeFile(config, curlConfig(source.url, flow))
  const cost = await measured({ program: 'sh', args: ['-c', curl(config, file)] })
  await checkAmount(file, flow)
  return { cost, source: await source.spent() }
}

/** Rebuilds the log that `carryOurs` left, and proves every document against its text. */
export const proveLog = async ({ bin, out, texts }: Flow): Promise<void> => {
  const rebuilt = join(out, 'refresh')
  await runProgram({ program: bin, args: ['refresh', join(out, 'logs'), '-o', rebuilt] })
  await runProgram({ program: bin, args: ['verify', rebuilt, '--against', texts.dir] })
}
