import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { ClusterList } from '../web/api.ts'
import { untilSeenEnough } from './signals.ts'
import { type Asked, clustersOf, flowsOf, healthOf } from './top-ask.ts'
import { TopLanes } from './top-lanes.ts'
import { type Screen, type Seen, screenOf } from './top-text.ts'

const examples = `Examples:
  textstream top                          what textstream up at http://localhost:4000 does now
  textstream top http://host:4000         elsewhere; with the token in TEXTSTREAM_TOKEN
  textstream top --once --json | jq .health.consume.lag
`

const stepMs = 1_000
/** Clusters change slowly, and to ask for them costs a query. */
const clustersEveryMs = 5_000
const firstFlowMsMax = 1_500

interface Flags {
  readonly token?: string
  readonly once: boolean
  readonly json: boolean
}

const urlOf = (text: string): string => {
  const url = /^\d+$/.test(text) ? `http://localhost:${text}` : /^https?:\/\//.test(text) ? text : `http://${text}`
  if (!URL.canParse(url)) throw new InvalidArgumentError('it must be a port, host:port or URL.')
  return url.replace(/\/*$/, '/')
}

/** Goes on listening over restarts of the server, until `signal` aborts. */
const listen = async (asked: Asked, lanes: TopLanes, signal: AbortSignal, first: () => void): Promise<void> => {
  while (!signal.aborted) {
    try {
      for await (const flow of flowsOf(asked, signal)) {
        lanes.take(flow)
        first()
      }
    } catch {
      // Whether it can be reached at all, asking for its health tells.
    }
    await sleep(stepMs, undefined, { signal }).catch(() => {})
  }
}

/** Looks again and again. The first look fails if there is nothing to look at; later ones wait for it to come back. */
class Looker {
  readonly #asked: Asked
  readonly #lanes: TopLanes
  #clusters: ClusterList['clusters'] = []
  #clustersMs = Number.NEGATIVE_INFINITY
  #steppedMs = performance.now()

  constructor(asked: Asked, lanes: TopLanes) {
    this.#asked = asked
    this.#lanes = lanes
  }

  async look(): Promise<Seen> {
    const health = await healthOf(this.#asked)
    await this.#askClusters()
    const nowMs = performance.now()
    const lanes = this.#lanes.step((nowMs - this.#steppedMs) / 1000)
    this.#steppedMs = nowMs
    return { url: this.#asked.url, health, lanes, clusters: this.#clusters }
  }

  async #askClusters() {
    if (performance.now() - this.#clustersMs < clustersEveryMs) return
    this.#clustersMs = performance.now()
    this.#clusters = (await clustersOf(this.#asked).catch(() => ({ clusters: this.#clusters }))).clusters
  }
}

const plainScreen: Screen = { columns: 120, rows: 1_000 }

const print = (seen: Seen, json: boolean) => {
  const { stdout } = process
  const screen = stdout.isTTY ? { ...plainScreen, columns: stdout.columns } : plainScreen
  stdout.write(json ? `${JSON.stringify(seen)}\n` : `${screenOf(seen, screen).join('\n')}\n`)
}

const home = '\x1b[H'
const toLineEnd = '\x1b[K'
const toScreenEnd = '\x1b[J'

const draw = (lines: readonly string[]) =>
  process.stdout.write(`${home}${lines.map(line => `${line}${toLineEnd}`).join('\r\n')}${toScreenEnd}`)

/** The other screen of the terminal, which leaves no trace; q ends. */
const takeTerminal = (quit: () => void): Disposable => {
  const { stdin, stdout } = process
  const onKey = (key: Buffer) => ['q', 'Q', '\x03'].includes(key.toString()) && quit()
  stdout.write('\x1b[?1049h\x1b[?25l')
  if (stdin.isTTY) stdin.setRawMode(true).resume().on('data', onKey)
  return {
    [Symbol.dispose]: () => {
      if (stdin.isTTY) stdin.setRawMode(false).pause().off('data', onKey)
      stdout.write('\x1b[?25h\x1b[?1049l')
    },
  }
}

const onTerminal = async (looker: Looker, first: Seen, signal: AbortSignal, quit: () => void) => {
  using _ = takeTerminal(quit)
  let seen = first
  while (!signal.aborted) {
    const { columns, rows } = process.stdout
    draw(screenOf(seen, { columns, rows: rows - 1 }))
    await sleep(stepMs, undefined, { signal }).catch(() => {})
    const away = { ...seen, lanes: [], health: { ...seen.health, status: 'failing' as const } }
    if (!signal.aborted) seen = await looker.look().catch(() => away)
  }
}

const act = async (place: string, { token, once, json }: Flags) => {
  const asked = { url: place, token: token || undefined }
  const quit = new AbortController()
  const signal = AbortSignal.any([untilSeenEnough(), quit.signal])
  const lanes = new TopLanes()
  await healthOf(asked)
  const heard = Promise.withResolvers<void>()
  const listening = listen(asked, lanes, signal, heard.resolve)
  await Promise.race([heard.promise, sleep(firstFlowMsMax, undefined, { ref: false })])
  const looker = new Looker(asked, lanes)
  if (once) await sleep(stepMs, undefined, { signal }).catch(() => {})
  const first = await looker.look()
  if (once || (!json && !process.stdout.isTTY)) print(first, json)
  else if (json) await printAll(looker, first, signal)
  else await onTerminal(looker, first, signal, () => quit.abort())
  quit.abort()
  await listening
}

const printAll = async (looker: Looker, first: Seen, signal: AbortSignal) => {
  for (let seen = first; !signal.aborted; seen = await looker.look()) {
    print(seen, true)
    await sleep(stepMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
  }
}

export const command = (): Command =>
  new Command('top')
    .description('Shows in the terminal what textstream up does: agents, rates, lag, clusters. q or Ctrl-C ends it.')
    .addHelpText('before', `${examples}\n`)
    .argument('[url]', 'where textstream up listens: a port, host:port or URL', urlOf, 'http://localhost:4000/')
    .option('--token <token>', 'where it wants one; better as TEXTSTREAM_TOKEN')
    .option('--once', 'one look, then it ends; also where standard output is no terminal', false)
    .option('--json', 'one line of JSON for each look, once a second', false)
    .action(act)
