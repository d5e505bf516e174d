import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { installations } from '../src/stack/place.ts'
import { freePortOffset } from './system/kafka-broker.ts'
import { tempDir } from './system/textstream.ts'

const readyMsMax = 20_000
const pollMs = 100

/** What is required may not be skipped: `TEXTSTREAM_REQUIRE=prometheus`. */
const isRequired = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/).includes('prometheus')

/** Why there can be no Prometheus here, for `skip`; `false` if there can. Where it is required, that is an error. */
export const prometheusSkip = async (): Promise<string | false> => {
  const runs = (program: string) =>
    promisify(execFile)(program, ['--version']).then(
      () => true,
      () => false,
    )
  if ((await runs('prometheus')) && (await runs('promtool'))) return false
  const why = 'needs prometheus and promtool: sudo apt-get install -y prometheus'
  if (isRequired) throw new Error(`TEXTSTREAM_REQUIRE=prometheus: ${why}`)
  return why
}

/** One line of an answer, by its labels. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Prometheus extends AsyncDisposable {
  readonly url: string
  /** An instant query; rejects with what Prometheus says is wrong with it. */
  query(expr: string): Promise<readonly Series[]>
}

interface Target {
  readonly job: string
  readonly at: string
}

const configOf = (targets: readonly Target[]) =>
  JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '900ms', evaluation_interval: '1s' },
    rule_files: [join(installations, 'prometheus/conf/rules.yml')],
    scrape_configs: targets.map(({ job, at }) => ({ job_name: job, static_configs: [{ targets: [at] }] })),
  })

interface Answer {
  readonly status: string
  readonly error: string
  readonly data: {
    readonly result: readonly { readonly metric: Series['labels']; readonly value: readonly [number, string] }[]
  }
}

const asking = (url: string) => async (expr: string) => {
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: expr }) })
  const { status, error, data } = (await response.json()) as Answer
  if (status !== 'success') throw new Error(`${expr}: ${error}`)
  return data.result.map(({ metric, value }) => ({
    labels: metric,
    value: Number(value[1]),
  }))
}

const untilReady = async (url: string, said: () => string) => {
  for (const until = performance.now() + readyMsMax; performance.now() < until; await sleep(pollMs)) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (answer?.ok) return
  }
  throw new Error(`prometheus is not ready after ${readyMsMax} ms: ${said()}`)
}

/** A real Prometheus with our alert rules that asks these every second. */
export const startPrometheus = async (targets: readonly Target[]): Promise<Prometheus> => {
  const dir = await tempDir()
  const config = join(dir.path, 'prometheus.yml')
  await writeFile(config, configOf(targets))
  const port = 9090 + (await freePortOffset(9090))
  const url = `http://127.0.0.1:${port}`
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${dir.path}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', data => (said = `${said}${data}`.slice(-4_000)))
  const dispose = async () => {
    const closed = once(child, 'close')
    if (child.exitCode === null && child.kill()) await closed
    await dir[Symbol.asyncDispose]()
  }
  try {
    await untilReady(url, () => said)
  } catch (thrown) {
    await dispose()
    throw thrown
  }
  return { url, query: asking(url), [Symbol.asyncDispose]: dispose }
}

export const rulesFile = join(installations, 'prometheus/conf/rules.yml')
export const readRules = () => readFile(rulesFile, 'utf8')
