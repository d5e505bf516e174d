import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { isOver, openTab, paneText, skip, startBrowser } from './browser.ts'
import { answer, type Running, startUp } from './running.ts'

let browser: Browser
let up: Running
const chunks = Array.from({ length: 40 }, (_, i) => `word ${i}. `)

before(async () => {
  if (skip) return
  ;[browser, up] = await Promise.all([startBrowser(), startUp()])
  const uris = ['/apple.md', '/pear.md', '/plum.md', '/quince.md']
  for (const uri of uris) await up.post(answer({ uri, agent: 'Agent_Ada', id: `r-${uri}`, chunks }))
})

after(async () => {
  await browser?.close()
  await up?.[Symbol.asyncDispose]()
})

const focused = (page: Page) =>
  page.evaluate(`(() => {
    const { tagName, dataset, textContent, ariaLabel } = document.activeElement
    return [tagName, ariaLabel ?? dataset.uri ?? textContent.slice(0, 30)].join(' ')
  })()`) as Promise<string>

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

test('the first tab stop leads past the navigation', { skip }, async () => {
  await using tab = await openTab(browser, up.url, '#/now')
  await heading(tab.page, 'Now')
  await tab.page.keyboard.press('Tab')
  assert.equal(await focused(tab.page), 'BUTTON Skip to content')
  await tab.page.keyboard.press('Enter')
  await tab.page.keyboard.press('Tab')
  assert.equal(await focused(tab.page), 'INPUT Filter agents and documents')
  assert.deepEqual(tab.faults, [])
})

test('every view has a number, ? lists the keys, and t turns the colours', { skip }, async () => {
  await using tab = await openTab(browser, up.url, '#/now')
  const { page } = tab
  await heading(page, 'Now')
  for (const [i, name] of ['Now', 'Documents', 'Clusters', 'Agents', 'Query', 'Health'].entries()) {
    await page.keyboard.press(String(i + 1))
    await heading(page, name)
  }
  await page.keyboard.press('?')
  await page.getByRole('dialog').getByText('Ctrl Enter').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  const colours = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const before = await colours()
  await page.keyboard.press('t')
  await page.keyboard.press('t')
  assert.notEqual(await colours(), before)
  assert.deepEqual(tab.faults, [])
})

test('a document is found, opened, gone through in time and played without a mouse', { skip }, async () => {
  await using tab = await openTab(browser, up.url, '#/now')
  const { page } = tab
  await heading(page, 'Now')
  await page.keyboard.press('2')
  await page.locator('.document-row').nth(3).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('P')
  await page.getByText('3 documents').waitFor()
  await page.keyboard.press('ArrowDown')
  const first = await focused(page)
  await page.keyboard.press('ArrowDown')
  const second = await focused(page)
  assert.notEqual(second, first)
  await page.keyboard.press('Enter')
  await isOver(page)
  await heading(page, second.split(' ')[1])
  assert.equal(await paneText(page), chunks.join(''))

  await page.getByRole('slider').focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await page.locator(`.text-pane[data-drawn="${chunks.slice(0, -2).join('').length}"]`).waitFor()
  assert.equal(await paneText(page), chunks.slice(0, -2).join(''))
  await page.keyboard.press('ArrowRight')
  await page.locator(`.text-pane[data-drawn="${chunks.slice(0, -1).join('').length}"]`).waitFor()
  await page.keyboard.press('Home')
  await page.locator('.text-pane[data-drawn="0"]').waitFor()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await page.keyboard.press('l')
  await page.locator(`.text-pane[data-drawn="${chunks.join('').length}"]`).waitFor()
  await page.keyboard.press(']')
  await page.getByText('chunk 1 of 40').waitFor()
  await page.keyboard.press(']')
  await page.getByText('chunk 2 of 40').waitFor()
  await page.keyboard.press('[')
  await page.getByText('chunk 1 of 40').waitFor()
  assert.deepEqual(tab.faults, [])
})

test('keys that come faster than the screen is drawn all count', { skip }, async () => {
  await using tab = await openTab(browser, up.url, `#/documents/${encodeURIComponent('/apple.md')}`)
  const { page } = tab
  await isOver(page)
  const pressAtOnce = (on: string, keys: readonly string[]) =>
    page.evaluate(`for (const key of ${JSON.stringify(keys)})
      ${on}.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))`)
  await page.locator('.time-panel canvas').waitFor()
  await pressAtOnce('document.body', [']', ']', ']', ']', '['])
  await page.getByText('chunk 3 of 40').waitFor()
  await pressAtOnce("document.querySelector('[type=range]')", ['ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowRight'])
  await page.locator(`.text-pane[data-drawn="${chunks.slice(0, -2).join('').length}"]`).waitFor()
  assert.deepEqual(tab.faults, [])
})

test('a table is sorted by keys', { skip }, async () => {
  await up.post(answer({ uri: '/more.md', agent: 'Agent_Zoe', id: 'r-more', chunks: ['one', 'two'] }))
  await using tab = await openTab(browser, up.url, '#/agents')
  const rows = tab.page.getByRole('region', { name: 'Agents' }).first().locator('tbody tr')
  await rows.nth(1).waitFor()
  await tab.page.getByRole('button', { name: 'Characters' }).first().focus()
  await tab.page.keyboard.press('Enter')
  assert.match((await rows.first().textContent()) ?? '', /^Agent_Ada/)
  await tab.page.keyboard.press('Enter')
  assert.match((await rows.first().textContent()) ?? '', /^Agent_Zoe/)
  assert.deepEqual(tab.faults, [])
})
