import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const executablePath = process.env.TEXTSTREAM_CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking']
const actionMsMax = 15_000

/** What is required may not be skipped: `TEXTSTREAM_REQUIRE=chromium`. */
const isRequired = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/).includes('chromium')

const absent = `needs a browser at ${executablePath}: apt-get install chromium, or set TEXTSTREAM_CHROMIUM`
if (isRequired && !existsSync(executablePath)) throw new Error(`TEXTSTREAM_REQUIRE=chromium: ${absent}`)

/** As an option of a test: `false`, or why it is skipped. */
export const skip: string | false = existsSync(executablePath) ? false : absent

export const startBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args })

export interface Tab extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** What a page must never do: errors, refused styles or scripts, requests to others. */
  readonly faults: string[]
  /** Where it asked. */
  readonly asked: string[]
}

interface Wanted {
  readonly scheme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** Answers that are no fault of the page, e.g. while a connection is cut on purpose. */
  readonly allows?: RegExp
}

/** A tab on one origin. A request to any other is not let out. */
export const openTab = async (browser: Browser, url: string, hash: string, wanted: Wanted = {}): Promise<Tab> => {
  const { scheme = 'light', width = 1280, height = 800, allows } = wanted
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, acceptDownloads: true })
  context.setDefaultTimeout(actionMsMax)
  const page = await context.newPage()
  const faults: string[] = []
  const asked: string[] = []
  const { origin } = new URL(url)
  const fault = (text: string) => void (allows?.test(text) || faults.push(text))
  await context.route('**/*', route => {
    const target = route.request().url()
    asked.push(target)
    if (new URL(target).origin === origin) return route.continue()
    fault(`a request left the origin: ${target}`)
    return route.abort()
  })
  page.on('pageerror', error => fault(`${error.stack ?? error.message}`))
  page.on('console', message => message.type() === 'error' && fault(message.text()))
  page.on('dialog', dialog => {
    fault(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(`${url}/${hash}`)
  return { page, context, faults, asked, [Symbol.asyncDispose]: () => context.close() }
}

/** The whole text that a pane holds, read as a reader would: from its top to its end. */
export const paneText = (page: Page): Promise<string> =>
  page.evaluate(`(async () => {
    const pane = document.querySelector('.text-pane')
    const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    const blocks = new Map()
    pane.scrollTop = 0
    for (let before = -1; before !== pane.scrollTop; ) {
      before = pane.scrollTop
      await frame()
      for (const block of pane.querySelectorAll('.text-block')) blocks.set(Number(block.dataset.unit), block.textContent)
      pane.scrollTop = before + pane.clientHeight
      await frame()
    }
    return [...blocks].sort(([a], [b]) => a - b).map(([, text]) => text).join('')
  })()`)

// Playwright's waitForFunction compiles text anew at each look, which the page's policy rightly refuses.
const untilDrawn = `(async () => {
  const deadline = performance.now() + ${actionMsMax}
  const units = () => document.querySelector('.document').dataset.units
  const drawn = () => document.querySelector('.text-pane').dataset.drawn
  while (units() !== drawn()) {
    if (performance.now() > deadline) throw new Error(drawn() + ' of ' + units() + ' units are drawn')
    await new Promise(requestAnimationFrame)
  }
})()`

/** Every answer of the document has its end, and what is shown of it is all of it. */
export const isOver = async (page: Page): Promise<void> => {
  await page.locator('.document[data-phase="over"]').waitFor()
  await page.evaluate(untilDrawn)
}
