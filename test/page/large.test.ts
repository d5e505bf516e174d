import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { linkTo, linkToDocument } from '../../src/page/model/route.ts'
import { openTab, skip, startBrowser } from './browser.ts'
import { answer, firstMicros, type Running, startUp } from './running.ts'

const documents = 10_000
const longUnits = 50 * 1024 * 1024
const chunkUnits = 4096
/** However long a text or a list is, no more of it is in the page. */
const elementsMax = 120
const loadMsMax = 60_000

let browser: Browser
let up: Running

before(async () => {
  if (skip) return
  ;[browser, up] = await Promise.all([startBrowser(), startUp()])
})

after(async () => {
  await browser?.close()
  await up?.[Symbol.asyncDispose]()
})

const line = (n: number) => `${String(n).padStart(9, '0')} the river goes on and says so, line after line after line\n`
const lineUnits = line(0).length
const elements = (page: Page, selector: string) => page.locator(selector).count()

test('ten thousand documents are listed, searched, and gone through to the last one', { skip }, async () => {
  const names = Array.from({ length: documents }, (_, i) => `/d${String(i).padStart(5, '0')}.md`)
  await up.post(names.flatMap(uri => answer({ uri, agent: 'Agent_Many', id: `r-${uri}`, chunks: ['short'] })))
  await using tab = await openTab(browser, up.url, linkTo('documents'))
  const { page } = tab
  await page.getByText('10,000 documents').waitFor()
  await page.getByLabel('Order').selectOption('uri')
  await page.locator('.document-row[data-uri="/d00000.md"]').waitFor()
  assert.ok((await elements(page, '.document-row')) < elementsMax)
  const rows = page.locator('.document-list .rows')
  const deadline = performance.now() + loadMsMax / 2
  while ((await elements(page, '[data-uri="/d09999.md"]')) === 0 && performance.now() < deadline) {
    await rows.evaluate(list => list.scrollTo(0, 1e9))
    await page.waitForTimeout(30)
  }
  await page.locator('[data-uri="/d09999.md"]').waitFor()
  assert.ok((await elements(page, '.document-row')) < elementsMax)
  await page.getByRole('searchbox').fill('d0777')
  await page.getByText('10 documents').waitFor()
  assert.deepEqual(tab.faults, [])
})

test('a document of 50 MB is read at its beginning at once, in its middle, at its end, and in time', {
  skip,
}, async t => {
  const chunks = Array.from({ length: longUnits / chunkUnits }, (_, i) => {
    const first = Math.floor((i * chunkUnits) / lineUnits)
    const text = Array.from({ length: chunkUnits / lineUnits + 2 }, (_, n) => line(first + n)).join('')
    return text.slice((i * chunkUnits) % lineUnits, ((i * chunkUnits) % lineUnits) + chunkUnits)
  })
  const all = answer({ uri: '/long.md', agent: 'Agent_Long', id: 'r-long', chunks, at: chunks.map((_, i) => i * 1000) })
  for (let at = 0; at < all.length; at += 2000) await up.post(all.slice(at, at + 2000))
  // Of a text that is still open, a reader is shown the end.
  while ((await up.text('/long.md')).length < longUnits) await sleep(100)

  const began = performance.now()
  await using tab = await openTab(browser, up.url, linkToDocument('/long.md'))
  const { page } = tab
  await page.locator('.text-block').first().waitFor()
  t.diagnostic(`first text after ${Math.round(performance.now() - began)} ms`)
  assert.ok((await page.locator('.text-block').first().textContent())!.startsWith(line(0)))
  await page.locator('.document[data-phase="over"]').waitFor({ timeout: loadMsMax })
  await page.locator(`.text-pane[data-drawn="${longUnits}"]`).waitFor()
  t.diagnostic(`all of it after ${Math.round(performance.now() - began)} ms`)
  assert.ok((await elements(page, '.text-block')) < elementsMax)

  const pane = page.locator('.text-pane')
  for (const share of [0.5, 0.9, 1]) {
    await pane.evaluate((box, to) => box.scrollTo(0, box.scrollHeight * to), share)
    await page.waitForTimeout(150)
    const block = pane.locator('.text-block').nth(1)
    const unit = Number(await block.getAttribute('data-unit'))
    const text = (await block.textContent())!
    assert.ok(unit > longUnits * (share - 0.1), `at ${share} there is unit ${unit}`)
    assert.equal(
      text,
      chunks
        .slice(Math.floor(unit / chunkUnits), Math.floor((unit + text.length) / chunkUnits) + 1)
        .join('')
        .slice(unit % chunkUnits, (unit % chunkUnits) + text.length),
    )
  }
  assert.ok((await elements(page, '.text-block')) < elementsMax)

  const slider = page.getByRole('slider')
  await slider.waitFor()
  for (const milliseconds of [7001, 12_345, 501]) {
    const before = performance.now()
    await slider.fill(String(milliseconds))
    const come = milliseconds - 1 + 1
    await page.locator(`.text-pane[data-drawn="${come * chunkUnits}"]`).waitFor()
    t.diagnostic(`a moment after ${Math.round(performance.now() - before)} ms`)
    const last = pane.locator('.text-block').last()
    assert.ok(
      chunks
        .slice(come - 3, come)
        .join('')
        .endsWith((await last.textContent())!.slice(-200)),
    )
  }
  assert.equal(await up.text('/long.md', firstMicros + 500 * 1000).then(({ length }) => length), 501 * chunkUnits)
  assert.deepEqual(tab.faults, [])
})
