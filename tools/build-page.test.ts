import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { buildPage } from './build-page.ts'

const scriptBytesMax = 150 * 1024
const into = await mkdtemp(join(tmpdir(), 'textstream-page-'))
after(() => rm(into, { recursive: true, force: true }))

const assetsOf = async (dir: string, ending: string): Promise<string[]> => {
  const names = (await readdir(join(dir, 'assets'))).filter(name => name.endsWith(ending))
  return Promise.all(names.map(name => readFile(join(dir, 'assets', name), 'utf8')))
}

test('processes that start at once get one page, which is built once', async () => {
  const [one, two] = await Promise.all([buildPage(into), buildPage(into)])
  assert.equal(one, two)
  assert.deepEqual(await readdir(into), [one.slice(into.length + 1)])
  const { mtimeMs } = await stat(join(one, 'index.html'))
  assert.equal(await buildPage(into), one)
  assert.equal((await stat(join(one, 'index.html'))).mtimeMs, mtimeMs)
})

test('all scripts together, compressed, are less than 150 KB', async () => {
  const scripts = await assetsOf(await buildPage(into), '.js')
  const bytes = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0)
  assert.ok(bytes > 0 && bytes < scriptBytesMax, `${bytes} bytes`)
})

test('a strict policy has nothing to refuse: no inline script or style, and nothing from elsewhere', async () => {
  const dir = await buildPage(into)
  const html = await readFile(join(dir, 'index.html'), 'utf8')
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:/i)
  const references = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, reference]) => reference)
  assert.ok(references.length >= 3)
  for (const reference of references) assert.match(reference, /^\.\//)
  for (const style of await assetsOf(dir, '.css')) assert.doesNotMatch(style, /@import|url\(/)
})

test('the page makes no markup of texts, and no code', async () => {
  const page = join(import.meta.dirname, '../src/page')
  const names = (await readdir(page, { recursive: true })).filter(name => /\.tsx?$/.test(name))
  assert.ok(names.length > 30)
  for (const name of names) {
    const source = await readFile(join(page, name), 'utf8')
    assert.doesNotMatch(
      source,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser/,
      name,
    )
  }
})
