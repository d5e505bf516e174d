import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { linkToDocument } from '../../src/page/model/route.ts'
import { root } from '../system/textstream.ts'
import { isOver, openTab, paneText, skip, startBrowser } from './browser.ts'
import { answer, firstMicros, type Running, startUp } from './running.ts'

const texts = join(root, 'examples/texts')
let browser: Browser
let up: Running
let captured: Running

before(async () => {
  if (skip) return
  ;[browser, up, captured] = await Promise.all([
    startBrowser(),
    startUp(),
    startUp(['-d', texts, '-c', '6', '--rate', '250']),
  ])
})

after(async () => {
  await browser?.close()
  await up?.[Symbol.asyncDispose]()
  await captured?.[Symbol.asyncDispose]()
})

const hasUnits = (page: Page, units: number) => page.locator(`.text-pane[data-drawn="${units}"]`).waitFor()

const words = (count: number, seed: number): string[] => {
  const all = ['river ', 'stone, ', 'night\n', 'a ', 'öl ', '🙂', 'lantern ', '\n\n', 'weir. ', 'of ']
  return Array.from({ length: count }, (_, i) => all[(i * 7 + seed * 3 + (i >> 3)) % all.length])
}

/** All documents of what was captured, with their sources' texts. */
const sources = async (): Promise<{ file: string; text: string }[]> =>
  Promise.all((await readdir(texts)).map(async file => ({ file, text: await readFile(join(texts, file), 'utf8') })))

const documentsOf = async (url: string) => {
  const { documents } = (await (await fetch(`${url}/documents?limit=100`)).json()) as {
    documents: { uri: string; state: string; bytes: number }[]
  }
  return documents
}

test('texts that are watched as they are captured are the sources’ texts at the end', { skip }, async () => {
  const wanted = new Set((await sources()).map(({ text }) => text))
  await using tab = await openTab(browser, captured.url, '#/documents')
  await tab.page.locator('.document-row').nth(5).waitFor()
  const largest = (await documentsOf(captured.url)).toSorted((a, b) => b.bytes - a.bytes).slice(0, 3)
  for (const { uri } of largest) {
    await tab.page.goto(`${captured.url}/${linkToDocument(uri)}`)
    await isOver(tab.page)
    assert.ok(wanted.has(await paneText(tab.page)), `${uri} is none of the sources`)
  }
  assert.deepEqual(tab.faults, [])
})

test('a text that is open grows as it is written, and its end is shown', { skip }, async () => {
  const chunks = words(400, 1)
  const all = answer({ uri: '/grows.md', agent: 'Agent_Ada', id: 'r-grows', chunks })
  await up.post(all.slice(0, 100))
  await using tab = await openTab(browser, up.url, linkToDocument('/grows.md'))
  await hasUnits(tab.page, chunks.slice(0, 100).join('').length)
  for (let at = 100; at < all.length; at += 60) await up.post(all.slice(at, at + 60))
  await isOver(tab.page)
  assert.equal(await paneText(tab.page), chunks.join(''))
  assert.deepEqual(tab.faults, [])
})

/** Between the browser and the server: what goes through it can be cut. */
const cuttable = async (url: string) => {
  const { port, hostname } = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = createConnection({ port: Number(port), host: hostname })
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(socket)
      socket.on('error', () => other.destroy()).on('close', () => sockets.delete(socket) && other.destroy())
      socket.pipe(other)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const [near] = [server.address() as { port: number }]
  const close = async () => {
    cut()
    await new Promise(resolve => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${near.port}`, cut, [Symbol.asyncDispose]: close }
}

test('a connection that is cut while a text grows, and a reload, neither lose nor repeat a character', {
  skip,
}, async () => {
  const chunks = words(600, 2)
  const all = answer({ uri: '/cut.md', agent: 'Agent_Ada', id: 'r-cut', chunks })
  await up.post(all.slice(0, 150))
  await using proxy = await cuttable(up.url)
  await using tab = await openTab(browser, proxy.url, linkToDocument('/cut.md'), {
    allows: /Failed to load resource|ERR_/,
  })
  await hasUnits(tab.page, chunks.slice(0, 150).join('').length)
  proxy.cut()
  await up.post(all.slice(150, 300))
  proxy.cut()
  await up.post(all.slice(300, 400))
  await hasUnits(tab.page, chunks.slice(0, 400).join('').length)
  assert.equal(await paneText(tab.page), chunks.slice(0, 400).join(''))
  await up.post(all.slice(400, 450))
  await tab.page.reload()
  await up.post(all.slice(450))
  await isOver(tab.page)
  assert.equal(await paneText(tab.page), chunks.join(''))
  assert.deepEqual(tab.faults, [])
})

test('the slider shows the text as it was at any moment, by the log', { skip }, async () => {
  const chunks = words(300, 3)
  const at = chunks.map((_, i) => i * 40_000 + (i % 7) * 3000)
  await up.post(answer({ uri: '/slid.md', agent: 'Agent_Ada', id: 'r-slid', chunks, at }))
  await using tab = await openTab(browser, up.url, linkToDocument('/slid.md'))
  await isOver(tab.page)
  const slider = tab.page.getByRole('slider')
  const length = Number(await slider.getAttribute('max'))
  for (let n = 0; n < 25; n++) {
    const value = Math.floor(Math.random() * (length + 1))
    await slider.fill(String(value))
    const time = firstMicros - 1000 + value * 1000
    const wanted = chunks.filter((_, i) => firstMicros + at[i] <= time).join('')
    await hasUnits(tab.page, wanted.length)
    assert.equal(await paneText(tab.page), wanted, `at ${value} of ${length} ms`)
    if (wanted !== '') assert.equal(await up.text('/slid.md', Math.min(time, firstMicros + at.at(-1)!)), wanted)
  }
  assert.deepEqual(tab.faults, [])
})

test('where two agents write in turn, the server says how the text was', { skip }, async () => {
  const [one, two] = [words(60, 4), words(60, 5)]
  await up.post(
    answer({ uri: '/both.md', agent: 'Agent_Ada', id: 'r-1', chunks: one, at: one.map((_, i) => i * 80_000) }),
  )
  const later = two.map((_, i) => 40_000 + i * 80_000)
  await up.post(answer({ uri: '/both.md', agent: 'Agent_Ben', id: 'r-2', chunks: two, at: later }))
  await using tab = await openTab(browser, up.url, linkToDocument('/both.md'))
  await isOver(tab.page)
  const slider = tab.page.getByRole('slider')
  for (const milliseconds of [400, 1033, 2500, 3999]) {
    await slider.fill(String(milliseconds))
    const wanted = await up.text('/both.md', firstMicros - 1000 + milliseconds * 1000)
    await hasUnits(tab.page, wanted.length)
    assert.equal(await paneText(tab.page), wanted)
  }
  assert.deepEqual(tab.faults, [])
})

test('a text gives way to another one only when that can be drawn, and a reader who moves on is not taken back', {
  skip,
}, async () => {
  await using tab = await openTab(browser, up.url, linkToDocument('/both.md'))
  await isOver(tab.page)
  await tab.page.evaluate(`{
    const [pane, slider] = [document.querySelector('.text-pane'), document.querySelector('[type=range]')]
    window.seen = { empty: 0, back: 0, frames: 0 }
    let newest = -1
    window.moveTo = to => {
      slider.value = newest = to
      slider.dispatchEvent(new Event('input', { bubbles: true }))
    }
    const look = () => {
      window.seen.frames++
      if (pane.querySelector('.text-block') === null) window.seen.empty++
      if (Number(slider.value) < newest) window.seen.back++
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }`)
  for (let milliseconds = 500; milliseconds < 4000; milliseconds += 290) {
    await tab.page.evaluate(`window.moveTo(${milliseconds})`)
    await tab.page.waitForTimeout(290)
  }
  const seen = (await tab.page.evaluate('window.seen')) as { empty: number; back: number; frames: number }
  assert.ok(seen.frames > 30, `only ${seen.frames} frames`)
  assert.deepEqual({ empty: seen.empty, back: seen.back }, { empty: 0, back: 0 })
  assert.deepEqual(tab.faults, [])
})

test('a moment is a link, and playing goes from there to the end', { skip }, async () => {
  const chunks = words(100, 6)
  await up.post(answer({ uri: '/played.md', agent: 'Agent_Ada', id: 'r-played', chunks }))
  const at = String(firstMicros + 20 * 40_000)
  await using tab = await openTab(browser, up.url, linkToDocument('/played.md', { at }))
  await hasUnits(tab.page, chunks.slice(0, 21).join('').length)
  await tab.page.getByLabel('Speed').selectOption('10')
  await tab.page.getByRole('button', { name: 'Play' }).click()
  await hasUnits(tab.page, chunks.join('').length)
  await tab.page.waitForURL(/at=\d+/)
  await tab.page.getByRole('button', { name: 'As it is' }).click()
  await tab.page.waitForURL(url => !url.href.includes('at='))
  assert.deepEqual(tab.faults, [])
})

test('pointing at the text tells where a chunk began, who wrote it, and when', { skip }, async () => {
  const chunks = ['First comes this. ', 'Then this sentence, which is the second one. ', 'And a third.']
  await up.post(answer({ uri: '/pointed.md', agent: 'Agent_Ada', id: 'r-pointed', chunks }))
  await using tab = await openTab(browser, up.url, linkToDocument('/pointed.md'))
  await isOver(tab.page)
  await tab.page.getByText('2 of 3').waitFor({ state: 'detached' })
  await tab.page.locator('.time-panel').waitFor()
  await tab.page.locator('.text-block').hover({ position: { x: 260, y: 12 } })
  const line = tab.page.locator('.chunk-line')
  await line.getByText('chunk 2 of 3').waitFor()
  assert.match(
    (await line.textContent()) ?? '',
    /Agent_Ada[\s\S]*\.040000[\s\S]*45 characters from 18[\s\S]*seq 1[\s\S]*r-pointed/,
  )
  await tab.page.keyboard.press(']')
  await line.getByText('chunk 3 of 3').waitFor()
  assert.deepEqual(tab.faults, [])
})
