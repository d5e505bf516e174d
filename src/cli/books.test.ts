import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir, textstream } from '../../test/system/textstream.ts'
import { verdictOn } from './gutenberg.ts'

const framed = (says: string) => `\ufeff${says}\r\n*** END OF THE PROJECT GUTENBERG EBOOK ***\r\n`

const searchPage = `<a class="link" href="/ebooks/1"><span class="title">Points of Friction</span></a>
<a class="link" href="/ebooks/77"><span class="cell">
<span class="title">Books and Men</span><span class="subtitle">Agnes Repplier</span></a>`

const shelf: Record<string, string> = {
  '/cache/epub/84/pg84.txt': framed('Frankenstein'),
  '/cache/epub/1080/pg1080.txt': framed('A Modest Proposal'),
  '/cache/epub/2160/pg2160.txt': framed('Humphry Clinker'),
  '/cache/epub/28054/pg28054.txt': framed('The Brothers Karamazov'),
  '/cache/epub/77/pg77.txt': framed('Repplier'),
  '/ebooks/search/?query=books+and+men+repplier': searchPage,
  '/log': '{"chunk":"a","destination_uri":"/a.md"}\n',
}

const serve = (shelved: Readonly<Record<string, string>>): RequestListener => {
  return ({ url = '' }, response) => {
    if (Object.hasOwn(shelved, url)) response.end(shelved[url])
    else response.writeHead(404).end('no such book')
  }
}

const listening = async (listener: RequestListener) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    listener(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { base, asked, [Symbol.asyncDispose]: async () => void server.close() }
}

const fetchBooks = async (dir: string, base: string, ...more: string[]) =>
  textstream(['books', dir, '--gutenberg', `${base}/`, '--log-url', `${base}/log`, ...more])

const five = [
  'books-and-men.txt',
  'brothers-karamazov.txt',
  'frankenstein.txt',
  'humphry-clinker.txt',
  'modest-proposal.txt',
]

test('downloads the five books byte for byte, and the log if asked to', async () => {
  await using dir = await tempDir()
  await using server = await listening(serve(shelf))
  const { code, stdout, stderr } = await fetchBooks(join(dir.path, 'new/texts'), server.base, '--log', '--json')
  assert.equal(code, 0, stderr)
  const there = await readdir(join(dir.path, 'new/texts'))
  assert.deepEqual(there.sort(), [...five, 'logs_text_stream.txt'].sort())
  const frankenstein = framed('Frankenstein')
  assert.equal(await readFile(join(dir.path, 'new/texts/frankenstein.txt'), 'utf8'), frankenstein)
  assert.deepEqual(JSON.parse(stdout.split('\n')[0]), {
    file: 'frankenstein.txt',
    bytes: Buffer.byteLength(frankenstein),
    sha256: createHash('sha256').update(frankenstein).digest('hex'),
    note: 'another edition than the one known by its sha256',
  })
})

test('asks for nothing that is there already, and leaves it as it is', async () => {
  await using dir = await tempDir()
  await using server = await listening(serve(shelf))
  for (const file of five) await writeFile(join(dir.path, file), 'mine')
  const { code, stdout } = await fetchBooks(dir.path, server.base)
  assert.deepEqual({ code, asked: server.asked }, { code: 0, asked: [] })
  assert.equal(stdout.match(/there already/g)?.length, 5)
  assert.equal(await readFile(join(dir.path, 'frankenstein.txt'), 'utf8'), 'mine')
})

const lacking = (path: string) => Object.fromEntries(Object.entries(shelf).filter(([name]) => name !== path))
const cutShort: RequestListener = (request, response) => {
  if (request.url !== '/cache/epub/84/pg84.txt') return void serve(shelf)(request, response)
  response.writeHead(200, { 'content-length': 1000 })
  response.write('half a book', () => response.destroy())
}

const faults: Record<string, [listener: RequestListener, missing: string, message: RegExp]> = {
  'a book that the server does not have': [
    serve(lacking('/cache/epub/84/pg84.txt')),
    'frankenstein.txt',
    /pg84\.txt": the server answers 404/,
  ],
  'a body that is cut off': [cutShort, 'frankenstein.txt', /pg84\.txt": cut off: .*; not kept/],
  'a text without its end': [
    serve({ ...shelf, '/cache/epub/84/pg84.txt': 'Frankenstein, a part of it' }),
    'frankenstein.txt',
    /end mark is missing, so it is cut; not kept/,
  ],
  'another text under its address': [
    serve({ ...shelf, '/cache/epub/84/pg84.txt': framed('Sign in to this network') }),
    'frankenstein.txt',
    /"Frankenstein" does not stand in it.*; not kept/,
  ],
  'a book whose number is not found': [
    serve({ ...shelf, '/ebooks/search/?query=books+and+men+repplier': '<a href="/ebooks/1">Points of Friction</a>' }),
    'books-and-men.txt',
    /look up "Books and men".*save its plain text/,
  ],
}

for (const [name, [listener, missing, message]] of Object.entries(faults)) {
  test(`keeps the others, and exits 1, after ${name}`, async () => {
    await using dir = await tempDir()
    await using server = await listening(listener)
    const { code, stderr } = await fetchBooks(dir.path, server.base)
    assert.equal(code, 1)
    assert.match(stderr, message)
    assert.match(stderr, /1 of 5 downloads failed/)
    assert.deepEqual(
      (await readdir(dir.path)).sort(),
      five.filter(file => file !== missing),
    )
  })
}

test('leaves no trace where there is no server, and exits 4', async () => {
  await using dir = await tempDir()
  const server = await listening(serve(shelf))
  await server[Symbol.asyncDispose]()
  const { code, stdout, stderr } = await fetchBooks(join(dir.path, 'texts'), server.base)
  assert.deepEqual({ code, stdout, left: await readdir(dir.path) }, { code: 4, stdout: '', left: [] })
  assert.match(
    stderr,
    /^textstream: download "http.*cannot reach "127\.0\.0\.1:\d+": ECONNREFUSED; is there internet\?/,
  )
})

test('refuses an address that is none', async () => {
  const { code, stderr } = await textstream(['books', '/nowhere', '--gutenberg', 'ftp://x'])
  assert.equal(code, 2)
  assert.match(stderr, /it must be an http or https URL/)
})

test('knows an edition by its digest', () => {
  const bytes = Buffer.from('any')
  const book = { file: 'x', says: 'y', number: 1, sha256: createHash('sha256').update(bytes).digest('hex') }
  assert.equal(verdictOn(book, bytes, 'http://x'), 'the known edition')
})
