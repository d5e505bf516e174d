import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { linkTo, linkToDocument, views } from '../../src/page/model/route.ts'
import { isOver, openTab, paneText, skip, startBrowser } from './browser.ts'
import { hostileTexts } from './hostile.ts'
import { answer, type Running, startUp } from './running.ts'

/** Every third one is opened as a document, to save time. */
const opened = 3
let browser: Browser
let up: Running

/** So many that a model is made, and its labels are made of hostile words, too. */
const sentences = (text: string, i: number) =>
  Array.from({ length: 40 }, (_, n) => `${text} word${i % 7} onerror${i % 5} script${n % 3} alert `)

const notRecords = hostileTexts.map(text => `not a record ${text.replace(/[\n\r]/g, ' ')}`)

/** Each is chunk, agent and uri of one document at least. */
before(async () => {
  if (skip) return
  ;[browser, up] = await Promise.all([startBrowser(), startUp([], notRecords)])
  await up.post(
    hostileTexts.flatMap((text, i) =>
      answer({ uri: `/${i}/${text}`, agent: text, id: `r-${i}-${text}`, chunks: [text, ...sentences(text, i)] }),
    ),
  )
})

after(async () => {
  await browser?.close()
  await up?.[Symbol.asyncDispose]()
})

/** What a script of a text would leave behind, and what markup of a text would have made. */
const traces = (page: Page) =>
  page.evaluate(`({
    ran: globalThis.hostile ?? null,
    made: [...document.querySelectorAll('script:not([src]), iframe, object, embed, base, form[action], img, video, audio, link[rel=stylesheet]:not([href^="."]), svg[onload], [onerror], [onclick], meta[http-equiv]')].map(e => e.outerHTML.slice(0, 100)),
  })`) as Promise<{ ran: unknown; made: string[] }>

const isHarmless = async (page: Page) => assert.deepEqual(await traces(page), { ran: null, made: [] })

test('there are a hundred hostile texts', () => assert.ok(hostileTexts.length >= 100))

test('hostile texts in every place of every view run nothing, make nothing and ask nobody', { skip }, async () => {
  await using tab = await openTab(browser, up.url, linkTo('now'))
  const { page } = tab
  await page.locator('.lane').nth(20).waitFor()
  await isHarmless(page)
  for (const view of views) {
    await page.goto(`${up.url}/${linkTo(view)}`)
    if (view === 'clusters') await page.locator('.cluster').first().waitFor()
    if (view === 'agents') await page.locator('tbody tr').nth(50).waitFor()
    if (view === 'documents') await page.locator('.document-row').nth(5).waitFor()
    if (view === 'health') await page.locator('.rejected li').nth(20).waitFor()
    if (view === 'query') {
      await page
        .getByRole('textbox', { name: 'SQL' })
        .fill('SELECT DISTINCT agent_id, destination_uri FROM chunks_clustered')
      await page.getByRole('button', { name: 'Run' }).click()
      await page.locator('.answer-box tbody tr').nth(20).waitFor()
    }
    await isHarmless(page)
  }
  assert.deepEqual(tab.faults, [])
})

test('a hostile document is shown with exactly its text, as text', { skip }, async () => {
  await using tab = await openTab(browser, up.url, linkTo('documents'))
  const { page } = tab
  for (const [i, text] of hostileTexts.entries()) {
    if (i % opened !== 0) continue
    const wanted = [text, ...sentences(text, i)].join('')
    await page.evaluate(`location.hash = ${JSON.stringify(linkToDocument(`/${i}/${text}`))}`)
    await page.locator(`.text-pane[data-drawn="${wanted.toWellFormed().length}"]`).waitFor()
    await isOver(page)
    assert.equal(await paneText(page), wanted.toWellFormed(), JSON.stringify(text))
    await isHarmless(page)
  }
  assert.deepEqual(tab.faults, [])
})

test('what a reader cannot see in a text is marked, and moves nothing around it', { skip }, async () => {
  const text = 'pay \u202e00.1\u202c euros to\u200b me\u001b[2K'
  await up.post(answer({ uri: '/marked.md', agent: 'Agent_\u202eadA', id: 'r-marked', chunks: [text] }))
  await using tab = await openTab(browser, up.url, linkToDocument('/marked.md'))
  await isOver(tab.page)
  const pictures = await tab.page
    .locator('.text-pane .hidden-character')
    .evaluateAll(all => all.map(one => one.getAttribute('data-picture')))
  assert.deepEqual(pictures, ['U+202E', 'U+202C', 'U+200B', '␛'])
  assert.equal(await paneText(tab.page), text)
  await tab.page.locator('.facts').getByText('Agent_U+202EadA').waitFor()
  assert.deepEqual(tab.faults, [])
})
