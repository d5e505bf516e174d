/**
 * From the source to the screen, while many streams are paced: over HTTP, `produce`, the log and `up`, to a real browser
 * that shows them all under Now. A chunk says when it was sent (see `pacer.ts`); it counts as seen in the first frame that
 * begins after its text stood in the page. Also how long the page takes until its first paint, and how large it is.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { chromium, type Page } from 'playwright-core'
import { buildPage } from '../tools/build-page.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { type Machine, startOn } from './machine.ts'
import { runProgram } from './measure.ts'
import { type Latencies, latenciesOf, type Pace, startPacer, type Trip, untilLogIsThere } from './paced.ts'
import { microsNow } from './pacer.ts'
import { Served } from './served.ts'

const bin = join(import.meta.dirname, '../bin/textstream')
const executablePath = process.env.TEXTSTREAM_CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking']
const lastChunksMs = 1500
const questions = 50

interface Flags {
  readonly streams: number
  readonly rate: number
  readonly seconds: number
  readonly drop: number
  readonly json: boolean
}

interface Report {
  readonly latencies: Latencies
  readonly firstPaintMs: number
  readonly scriptBytes: number
  readonly styleBytes: number
  readonly machine: Machine
}

/** In the page: each number that comes to stand in a lane is a chunk, noted with the frame in which it is painted. What stood
 * in a lane before the page was there is none that it was late with. */
const watch = `
  globalThis.seen = []
  const last = new WeakMap()
  let fresh = []
  const painted = time => {
    const now = performance.now()
    for (const sent of fresh) seen.push([sent, now])
    fresh = []
  }
  new MutationObserver(changes => {
    for (const box of new Set(changes.map(({ target }) => (target.nodeType === 3 ? target.parentNode : target)))) {
      if (!box?.matches?.('.tail > div')) continue
      const before = last.get(box)
      const sent = box.textContent.split(' ').slice(1, -1).map(Number).filter(n => n > (before ?? 0))
      if (sent.length === 0) continue
      last.set(box, sent.at(-1))
      if (before === undefined) continue
      if (fresh.length === 0) requestAnimationFrame(painted)
      fresh.push(...sent)
    }
  }).observe(document, { subtree: true, childList: true, characterData: true })
`

/** How far the machine's clock is ahead of the page's, by the quickest of some questions. */
const microsAhead = async (page: Page): Promise<number> => {
  let best = { took: Number.POSITIVE_INFINITY, ahead: 0 }
  for (let n = 0; n < questions; n++) {
    const asked = microsNow()
    const there = Number(await page.evaluate('performance.now()')) * 1000
    const took = microsNow() - asked
    if (took < best.took) best = { took, ahead: asked + took / 2 - there }
  }
  return best.ahead
}

const tripsOf = async (page: Page): Promise<Trip[]> => {
  const ahead = await microsAhead(page)
  const seen = (await page.evaluate('seen')) as [number, number][]
  return seen.map(([sentMicros, ms]) => ({ sentMicros, tookMicros: ms * 1000 + ahead - sentMicros }))
}

const firstPaint = async (page: Page): Promise<number> => {
  const paint = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime`
  await page.waitForFunction(paint)
  return (await page.evaluate(paint)) as number
}

const sizes = async (): Promise<{ scriptBytes: number; styleBytes: number }> => {
  const assets = join(await buildPage(), 'assets')
  const sizeOf = async (ending: string) => {
    const names = (await readdir(assets)).filter(name => name.endsWith(ending))
    const files = await Promise.all(names.map(name => readFile(join(assets, name))))
    return files.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0)
  }
  return { scriptBytes: await sizeOf('.js'), styleBytes: await sizeOf('.css') }
}

const measurePage = async (logs: string, dir: string, pace: Pace) => {
  await using pacer = await startPacer(pace)
  const capture = ['produce', '-s', pacer.url, '-l', logs, '--concurrency', `${pace.streams}`]
  const producing = runProgram({ program: bin, args: capture })
  await untilLogIsThere(logs, AbortSignal.timeout(lastChunksMs * 10))
  const warehouse = join(dir, 'warehouse')
  await using up = await Served.start({
    program: bin,
    args: ['up', '--from', logs, '--warehouse', warehouse, '-p', '0', '--json'],
  })
  const browser = await chromium.launch({ executablePath, args })
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1200 } })
    await page.addInitScript(watch)
    await page.goto(up.url)
    const firstPaintMs = await firstPaint(page)
    await producing
    await sleep(lastChunksMs)
    return { latencies: latenciesOf(await tripsOf(page), pace), firstPaintMs }
  } finally {
    await browser.close()
  }
}

const sayRow = ({ latencies, firstPaintMs, scriptBytes, styleBytes }: Report): string => {
  const { counted, p50Ms, p99Ms, maxMs } = latencies
  const numbers = [p50Ms, p99Ms, maxMs, firstPaintMs].map(ms => `${Math.round(ms)} ms`)
  const size = [scriptBytes, styleBytes].map(bytes => `${Math.round(bytes / 1024)} KiB`)
  return `| ${[counted, ...numbers, ...size].join(' | ')} |`
}

const act = async ({ streams, rate, seconds, drop, json }: Flags) => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-bench-page-'))
  try {
    const machine = await startOn(dir)
    const pace = { streams, rate, seconds, dropSeconds: drop }
    const report = { ...(await measurePage(join(dir, 'logs'), dir, pace)), ...(await sizes()), machine }
    console.log(json ? JSON.stringify(report) : sayRow(report))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const examples = ['', '--streams 10 --seconds 30']

const command = () =>
  benchCommand('page.ts', examples)
    .description('Measures how long a chunk takes from the source to the screen, and what the page weighs.')
    .option('--streams <n>', 'how many', positive, 50)
    .option('--rate <n>', 'chunks per second of each', positive, 40)
    .option('--seconds <n>', 'how long', positive, 30)
    .option('--drop <n>', 'seconds from the start that do not count', positive, 10)
    .option('--json', 'the report as one line of JSON instead of the row', false)

if (import.meta.main) await runBench(command().action(act))
