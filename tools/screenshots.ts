/**
 * docs/pictures/*.png: the page as it shows the sample texts while they are captured. `node tools/screenshots.ts [FOLDER]`,
 * with Debian's chromium, fonts-inter, fonts-jetbrains-mono, fonts-noto-color-emoji. Pictures of a stream are never twice
 * the same, so no test compares them; make them anew when the page looks different.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { linkTo, linkToDocument } from '../src/page/model/route.ts'
import { openTab, startBrowser } from '../test/page/browser.ts'
import { type Running, startUp } from '../test/page/running.ts'

const root = join(import.meta.dirname, '..')

interface Picture {
  readonly name: string
  readonly hash: (prose: string) => string
  readonly scheme?: 'dark'
  readonly width?: number
  readonly height?: number
  readonly settleMs?: number
  /** Brings the page to where it is looked at. */
  readonly until: (page: Page) => Promise<unknown>
}

const settleMs = 1200
/** So long that there is a course of things to see. */
const courseMs = 16_000

const query = async (page: Page) => {
  await page.getByRole('button', { name: 'Who wrote how much' }).click()
  await page.getByRole('img', { name: /^Result/ }).waitFor()
}

const inTime = async (page: Page) => {
  await page.locator('.chart-bare').waitFor()
  await page
    .getByRole('slider')
    .fill(String(Math.round(Number(await page.getByRole('slider').getAttribute('max')) * 0.62)))
  await page.getByRole('button', { name: 'Chunks' }).click()
  await page
    .locator('.text-block')
    .last()
    .hover({ position: { x: 160, y: 215 } })
}

const writing = (page: Page) => page.locator('.lane-writing').nth(4).waitFor()
const hasTime = (page: Page) => page.locator('.chart-bare').waitFor()

const pictures: readonly Picture[] = [
  { name: 'now', hash: () => linkTo('now'), until: writing, settleMs: courseMs },
  { name: 'document', hash: linkToDocument, until: inTime },
  { name: 'document-phone', hash: linkToDocument, width: 390, height: 720, until: hasTime },
  { name: 'now-dark', hash: () => linkTo('now'), scheme: 'dark', until: writing, settleMs: courseMs },
  { name: 'clusters', hash: () => linkTo('clusters'), until: page => page.locator('.cluster').nth(2).waitFor() },
  { name: 'agents', hash: () => linkTo('agents'), until: page => page.getByRole('row').nth(20).waitFor() },
  { name: 'query', hash: () => linkTo('query'), scheme: 'dark', until: query },
  {
    name: 'health',
    hash: () => linkTo('health'),
    until: page => page.locator('.rejected li').first().waitFor(),
    settleMs: courseMs,
  },
]

/** A prose text that is still being written, and that the fonts of a small machine can show. */
const proseOf = async ({ url, text }: Running): Promise<string> => {
  const listed = (await (await fetch(`${url}/documents?order=size`)).json()) as { documents: { uri: string }[] }
  for (const { uri } of listed.documents) if (/^[ -~\n]{200,}$/.test(await text(uri)) && uri !== draft) return uri
  return listed.documents[0].uri
}

/** So that not everything is well: an answer that stalls, and lines that are no records. */
const older = ['{"chunk":"whose document?","agent_id":"Agent_Sam"}', 'Traceback (most recent call last):']
const draft = '/draft.md'
const stalls = () => ({
  chunk: 'I begin, and then I wait for a tool …',
  agent_id: 'Agent_Sam',
  destination_uri: draft,
  response_id: 'r-draft',
  seq: 0,
})

const main = async (folder: string) => {
  await mkdir(folder, { recursive: true })
  const browser = await startBrowser()
  await using up = await startUp(['-d', join(root, 'examples/texts'), '-c', '7', '--rate', '11'], older)
  await up.post([stalls()])
  try {
    for (const { name, hash, until, settleMs: wait = settleMs, ...look } of pictures) {
      await using tab = await openTab(browser, up.url, hash(await proseOf(up)), { width: 1200, height: 720, ...look })
      await until(tab.page)
      await tab.page.waitForTimeout(wait)
      await tab.page.screenshot({ path: join(folder, `${name}.png`) })
      console.log(join(folder, `${name}.png`))
    }
  } finally {
    await browser.close()
  }
}

if (import.meta.main) await main(process.argv[2] ?? join(root, 'docs/pictures'))
