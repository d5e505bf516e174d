import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { linkTo, linkToDocument, type View } from '../../src/page/model/route.ts'
import { root } from '../system/textstream.ts'
import { openTab, skip, startBrowser } from './browser.ts'
import { answer, type Running, startUp } from './running.ts'

/** Where the screenshots stay, for a person to look at; they are thrown away otherwise. */
const pictures = process.env.TEXTSTREAM_PICTURES
let folder: string | undefined
let browser: Browser
let up: Running

/** Texts that are captured, one answer that stalls, and lines that are no records. */
before(async () => {
  if (skip) return
  folder = pictures ?? (await mkdtemp(join(tmpdir(), 'textstream-pictures-')))
  ;[browser, up] = await Promise.all([
    startBrowser(),
    startUp(['-d', join(root, 'examples/texts'), '-c', '12', '--rate', '20']),
  ])
  const chunks = ['I begin, ', 'and then ', 'I say nothing more']
  await up.post(answer({ uri: '/stalled.md', agent: 'Agent_Sam', id: 'r-stalled', chunks, ends: false }))
  await fetch(`${up.url}/records`, { method: 'POST', body: '{"chunk":"no uri"}\n' })
})

after(async () => {
  await browser?.close()
  await up?.[Symbol.asyncDispose]()
  if (folder !== undefined && folder !== pictures) await rm(folder, { recursive: true, force: true })
})

const violationsOf = async (page: Page): Promise<string[]> => {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

const look = async (page: Page, name: string) => {
  await page.screenshot({ path: join(folder!, `${name}.png`) })
  assert.deepEqual(await violationsOf(page), [], name)
}

/** What each view must show of these streams before it is looked at. */
const shows: Readonly<Record<View, (page: Page) => Promise<unknown>>> = {
  now: page => page.locator('.lane-writing, .lane-ended').nth(5).waitFor(),
  documents: page => page.locator('.document-row').nth(8).waitFor(),
  clusters: page => page.locator('.cluster').nth(2).waitFor(),
  agents: page => page.getByRole('region', { name: 'Agents' }).getByRole('row').nth(8).waitFor(),
  query: async page => {
    await page.getByRole('button', { name: 'Who wrote how much' }).click()
    await page.getByRole('region', { name: 'Result' }).getByRole('row').nth(3).waitFor()
    await page.getByRole('img', { name: /^Result/ }).waitFor()
  },
  health: page => page.getByRole('region', { name: 'Consume' }).getByText('rows').waitFor(),
}

for (const [view, isShown] of Object.entries(shows) as [View, (page: Page) => Promise<unknown>][]) {
  for (const scheme of ['light', 'dark'] as const) {
    test(`${view}, ${scheme}, shows real streams and breaks no rule of accessibility`, { skip }, async () => {
      await using tab = await openTab(browser, up.url, linkTo(view), { scheme })
      await isShown(tab.page)
      await look(tab.page, `${view}-${scheme}`)
      assert.deepEqual(tab.faults, [])
    })
  }
}

test('a document on a phone: the text, its time, and the way back to the list', { skip }, async () => {
  for (const scheme of ['light', 'dark'] as const) {
    await using tab = await openTab(browser, up.url, linkToDocument('/stalled.md'), { scheme, width: 390, height: 780 })
    await tab.page.getByText('I say nothing more').waitFor()
    await tab.page.getByRole('slider').waitFor()
    await look(tab.page, `document-phone-${scheme}`)
    const overflow = await tab.page.evaluate('document.documentElement.scrollWidth - innerWidth')
    assert.equal(overflow, 0, 'it scrolls sideways')
    await tab.page.getByRole('link', { name: 'All documents' }).click()
    await tab.page.locator('.document-row').first().waitFor()
    assert.deepEqual(tab.faults, [])
  }
})

test('an answer without a record for long is shown as stalled', { skip }, async () => {
  await using tab = await openTab(browser, up.url, linkTo('now'))
  const lane = tab.page.locator('.lane', { hasText: 'Agent_Sam' })
  await lane.getByText('stalled', { exact: true }).waitFor()
  await lane.getByText('I begin, and then I say nothing more').waitFor()
  assert.deepEqual(tab.faults, [])
})

test('a query is exported as it was answered', { skip }, async () => {
  const sql = `SELECT 1 AS one, 'a "quoted", text' AS text, NULL AS none, '=1+1' AS formula`
  await using tab = await openTab(browser, up.url, linkTo('query', undefined, { sql }))
  await tab.page.getByRole('textbox', { name: 'SQL' }).press('Control+Enter')
  await tab.page.getByRole('cell', { name: 'a "quoted", text' }).waitFor()
  const saved = async (name: string): Promise<string> => {
    const [download] = await Promise.all([
      tab.page.waitForEvent('download'),
      tab.page.getByRole('button', { name }).click(),
    ])
    const parts: Buffer[] = []
    for await (const part of await download.createReadStream()) parts.push(part as Buffer)
    return Buffer.concat(parts).toString()
  }
  assert.equal(await saved('CSV'), `one,text,none,formula\r\n1,"a ""quoted"", text",,'=1+1\r\n`)
  assert.deepEqual(JSON.parse(await saved('JSON')), [{ one: 1, text: 'a "quoted", text', none: null, formula: '=1+1' }])
  assert.deepEqual(tab.faults, [])
})

test('a wrong statement is told in the words of the server, and the page goes on', { skip }, async () => {
  const allows = /status of 400/
  await using tab = await openTab(browser, up.url, linkTo('query', undefined, { sql: 'SELEKT 1' }), { allows })
  await tab.page.getByRole('button', { name: 'Run' }).click()
  await tab.page.getByRole('alert').getByText('SELEKT').waitFor()
  await tab.page.getByRole('textbox', { name: 'SQL' }).fill('SELECT 42 AS answer')
  await tab.page.getByRole('button', { name: 'Run' }).click()
  await tab.page.getByRole('cell', { name: '42' }).waitFor()
  assert.deepEqual(tab.faults, [])
})
