import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { OpenOptions, Source } from './source.ts'

/** A source whose texts are the files of `dir`, in chunks of `chunkSize` characters. */
export type MakeSource = (t: TestContext, dir: string, chunkSize: number) => Promise<Source>

type Files = Readonly<Record<string, string | Uint8Array>>

export const folderOf = async (t: TestContext, files: Files = {}): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-source-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  return dir
}

/** All chunks of a text, as whoever reads NDJSON has them. */
export const chunksOf = async (source: Source, name: string, options?: OpenOptions): Promise<string[]> => {
  const { blocks } = await source.open(name, options)
  const copies: Buffer[] = []
  for await (const block of blocks) copies.push(Buffer.from(block))
  const lines = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(copies)).split('\n')
  assert.equal(lines.pop(), '', 'the last line has its line end')
  return lines.map(line => {
    const { chunk, ...others } = JSON.parse(line)
    assert.deepEqual(others, {})
    return chunk
  })
}

/** How Python's `str` would be cut. */
export const cut = (text: string, chunkSize: number): string[] => {
  const characters = [...text]
  return Array.from({ length: Math.ceil(characters.length / chunkSize) }, (_, i) =>
    characters.slice(i * chunkSize, (i + 1) * chunkSize).join(''),
  )
}

const texts: Readonly<Record<string, string>> = {
  empty: '',
  'one byte': 'a',
  'one quote': '"',
  'one line end': '\n',
  'line ends of every kind': 'a\r\nb\nc\rd\u2028e\u2029f\u0085g\r\n\r\n',
  'byte-order marks': '\ufeffone\ufeff two',
  'what JSON escapes': '"quoted" back\\slash \\" \\u0041 \b\f\t/ \u007f',
  'every control character': Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join('') + 'x\0\0y',
  'beyond the BMP': 'a😀b👩‍👩‍👧‍👦c𝒳\u{10ffff}\u{10000}d',
  'every length of UTF-8': 'aä€😀'.repeat(7),
  'combining marks': 'e\u0301 n\u0303o',
  'the highest of each length': '\u007f\u07ff\uffff\ud7ff\ue000\ufffd\ufffe',
}

const unlike = { a: '61', cafe: '636166c3a9' }

/** RFC 3629's forbidden kinds, as hex, with the offset of the first bad byte. */
const faulty: readonly (readonly [is: string, hex: string, offset: number])[] = [
  ['a byte that never occurs', `${unlike.a}ff`, 1],
  ['a continuation without a lead', `${unlike.a}80${unlike.a}`, 1],
  ['an overlong slash', `${unlike.a}c0af`, 1],
  ['an overlong of three', 'e08080', 0],
  ['an overlong of four', 'f08080af', 0],
  ['a surrogate', `${unlike.cafe}eda080`, 5],
  ['a surrogate pair (CESU-8)', 'eda0bdedb880', 0],
  ['behind U+10FFFF', 'f4908080', 0],
  ['a lead of five', 'f888808080', 0],
  ['two bytes cut off at the end', `${unlike.cafe}c3`, 5],
  ['three bytes cut off at the end', `${unlike.a}e282`, 1],
  ['four bytes cut off at the end', `${unlike.a}f09f98`, 1],
  ['a character broken in its middle', `e282${unlike.a}`, 0],
  ['Latin-1', '636166e9206f6c65', 3],
  ['UTF-16', 'fffe6100', 0],
]

/** None of them may lead to anything but `source/not-found`. */
const hostile = [
  '..', '.', '', '/', '../secret.txt', '..\\secret.txt', '....//secret.txt', 'sub/../../secret.txt', '/etc/passwd',
  'sub/inner.txt', './plain.txt', 'plain.txt/', 'plain.txt/.', 'plain.txt\0', '\0', 'plain.txt\0.png', '%2e%2e/secret.txt',
  '%2e%2e%2fsecret.txt', '..%2fsecret.txt', '%252e%252e%252fsecret.txt', 'file:///etc/passwd', 'C:\\secret.txt',
  '.hidden', 'sub', 'fifo', 'out-link.txt', 'out-link-absolute.txt', 'link-through-sub.txt', 'sub-link', 'dangling.txt',
  'loop.txt', 'null-link', 'no such file', 'x'.repeat(300), '\ud800', 'plain.txt?from=1', 'plain.txt#', '~root', '*', 'PLAIN.TXT',
] // biome-ignore format: a table

const code = (reason: string) => ({ name: 'StreamError', code: `source/${reason}` })

const hostileFolder = async (t: TestContext) => {
  const parent = await folderOf(t, { 'secret.txt': 'secret' })
  const dir = join(parent, 'texts')
  await mkdir(join(dir, 'sub'), { recursive: true })
  await writeFile(join(dir, 'plain.txt'), 'plain')
  await writeFile(join(dir, '.hidden'), 'hidden')
  await writeFile(join(dir, 'sub', 'inner.txt'), 'inner')
  const links: Record<string, string> = {
    'out-link.txt': '../secret.txt',
    'out-link-absolute.txt': join(parent, 'secret.txt'),
    'link-through-sub.txt': 'sub/../../secret.txt',
    'sub-link': 'sub',
    'dangling.txt': 'nothing',
    'loop.txt': 'loop.txt',
    'null-link': '/dev/null',
    'in-link.txt': 'sub/inner.txt',
  }
  for (const [name, target] of Object.entries(links)) await symlink(target, join(dir, name))
  execFileSync('mkfifo', [join(dir, 'fifo')])
  return dir
}

/** What every Source promises. */
export const sourceContract = (adapter: string, make: MakeSource): void => {
  const sourceOf = async (t: TestContext, files: Files, chunkSize: number) =>
    make(t, await folderOf(t, files), chunkSize)

  describe(`a source: ${adapter}`, () => {
    test('gives every text back, cut by characters', async t => {
      for (const chunkSize of [1, 2, 3, 7, 1024]) {
        const source = await sourceOf(t, texts, chunkSize)
        for (const [name, text] of Object.entries(texts)) {
          assert.deepEqual(await chunksOf(source, name), cut(text, chunkSize), `${name}, ${chunkSize} a chunk`)
        }
      }
    })

    test('cuts any text as Python would', async t => {
      const dir = await folderOf(t)
      const sizes = [1, 2, 5, 64]
      const sources = await Promise.all(sizes.map(size => make(t, dir, size)))
      const unit = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('\r\n', '"', '😀'),
      )
      let files = 0
      const cutsOf = async (text: string) => {
        const file = `text-${files++}`
        await writeFile(join(dir, file), text)
        const cuts = await Promise.all(sources.map(source => chunksOf(source, file)))
        const expected = sizes.map(size => cut(text, size))
        assert.deepEqual(cuts, expected)
      }
      const text = fc.array(unit, { maxLength: 60 }).map(parts => parts.join('').toWellFormed())
      const property = fc.asyncProperty(
        fc.array(text, { maxLength: 8 }),
        async texts => void (await Promise.all(texts.map(cutsOf))),
      )
      await fc.assert(property, { numRuns: process.env.TEXTSTREAM_LONG ? 500 : 15 })
    })

    test('keeps characters of every length whole wherever a block ends', async t => {
      const text = 'aä€😀"\n'.repeat(60_000)
      for (const shift of [0, 1, 2, 3]) {
        const shifted = 'x'.repeat(shift) + text
        const source = await sourceOf(t, { text: shifted }, 1000)
        assert.equal((await chunksOf(source, 'text')).join('') === shifted, true, `shifted by ${shift}`)
      }
    })

    test('goes on at every chunk, and refuses what lies behind the end', async t => {
      const text = 'zwölf 😀 Boxkämpfer\r\njagen "Viktor"'
      for (const chunkSize of [1, 3, 5, [...text].length, 1024]) {
        const source = await sourceOf(t, { text, empty: '' }, chunkSize)
        const all = cut(text, chunkSize)
        for (let from = 0; from <= all.length; from++) {
          const stream = await source.open('text', { from })
          assert.equal(stream.from, from)
          assert.deepEqual(await chunksOf(source, 'text', { from }), all.slice(from))
        }
        for (const from of [all.length + 1, all.length + 2, 1e9, 999_999_999_999_999]) {
          await assert.rejects(source.open('text', { from }), code('range'), `${from}`)
        }
        assert.deepEqual(await chunksOf(source, 'empty', { from: 0 }), [])
        await assert.rejects(source.open('empty', { from: 1 }), code('range'))
      }
    })

    test('goes on far inside a text of several blocks', async t => {
      const text = 'aä€😀\n'.repeat(100_000)
      const source = await sourceOf(t, { text }, 999)
      const all = cut(text, 999)
      for (const from of [1, 131, 262, 300, all.length - 1, all.length]) {
        assert.deepEqual(await chunksOf(source, 'text', { from }), all.slice(from), `from ${from}`)
      }
    })

    test('has an ETag that covers the content and the chunk size', async t => {
      const dir = await folderOf(t, { a: 'text', same: 'text', other: 'Text' })
      const [three, four] = [await make(t, dir, 3), await make(t, dir, 4)]
      const tags = await Promise.all([
        three.open('a').then(({ etag }) => etag),
        three.open('same').then(({ etag }) => etag),
        three.open('other').then(({ etag }) => etag),
        four.open('a').then(({ etag }) => etag),
      ])
      assert.equal(tags[0], tags[1])
      assert.equal(new Set(tags).size, 3)
      for (const tag of tags) assert.match(tag!, /^"[\x21\x23-\x7e]+"$/)
      assert.equal((await three.open('a')).chunkSize, 3)
      await writeFile(join(dir, 'a'), 'tixt')
      assert.notEqual((await three.open('a')).etag, tags[0])
    })

    test('opens only what ifMatch names', async t => {
      const dir = await folderOf(t, { a: 'first text' })
      const source = await make(t, dir, 4)
      const { etag } = await source.open('a')
      assert.deepEqual(await chunksOf(source, 'a', { ifMatch: etag!, from: 1 }), ['t te', 'xt'])
      await writeFile(join(dir, 'a'), 'FIRST')
      await assert.rejects(source.open('a', { ifMatch: etag! }), code('changed'))
      await assert.rejects(
        source.open('a', { ifMatch: etag!, from: 3 }),
        code('changed'),
        'a change goes before a range',
      )
      assert.deepEqual(await chunksOf(source, 'a'), ['FIRS', 'T'])
    })

    test('says at which byte a text is not UTF-8, and streams the others', async t => {
      const files = Object.fromEntries(faulty.map(([is, hex]) => [is, Buffer.from(hex, 'hex')]))
      const source = await sourceOf(t, { ...files, good: 'good' }, 3)
      for (const [is, hex, offset] of faulty) {
        const byte = `0x${hex.slice(2 * offset, 2 * offset + 2)}`
        const refused = await source.open(is).catch(thrown => thrown)
        assert.equal(refused.code, 'source/not-utf8', is)
        assert.ok(refused.message.includes(`"${is}"`), refused.message)
        assert.ok(refused.message.includes(`byte ${byte} at offset ${offset};`), refused.message)
      }
      assert.deepEqual(await chunksOf(source, 'good'), ['goo', 'd'])
    })

    test('finds the byte that is not UTF-8 far inside, also across a read', async t => {
      for (const before of [262_143, 262_144, 262_145, 700_001]) {
        const bad = Buffer.concat([Buffer.alloc(before, 'a'), Buffer.from('e282', 'hex'), Buffer.from('bcd')])
        const source = await sourceOf(t, { bad }, 1024)
        await assert.rejects(source.open('bad'), {
          ...code('not-utf8'),
          message: new RegExp(`0xe2 at offset ${before};`),
        })
      }
    })

    test('lists the texts by the bytes of their names, without what is no text', async t => {
      const dir = await hostileFolder(t)
      for (const name of ['b', 'a', 'B', 'ä', '\uffee', '😀', 'a b', '100%', 'a?b#c', 'x\\y', '%2e', '…', '-']) {
        await writeFile(join(dir, name), name)
      }
      const source = await make(t, dir, 1024)
      const names = await source.list()
      const expected = [
        '%2e',
        '-',
        '100%',
        'B',
        'a',
        'a b',
        'a?b#c',
        'b',
        'in-link.txt',
        'plain.txt',
        'x\\y',
        'ä',
        '…',
        '\uffee',
        '😀',
      ]
      assert.deepEqual(names, expected)
      for (const name of names.filter(n => !n.endsWith('.txt'))) assert.deepEqual(await chunksOf(source, name), [name])
      assert.deepEqual(await chunksOf(source, 'in-link.txt'), ['inner'])
    })

    test('never leaves its folder, whatever the name', async t => {
      const source = await make(t, await hostileFolder(t), 1024)
      for (const name of hostile) await assert.rejects(source.open(name), code('not-found'), JSON.stringify(name))
    })

    test('streams fifty texts at once, with one signal', async t => {
      const names = Array.from({ length: 50 }, (_, i) => `text-${i}`)
      const text = (name: string) => `${name} 😀 `.repeat(20_000)
      const source = await sourceOf(t, Object.fromEntries(names.map(name => [name, text(name)])), 1024)
      const { signal } = new AbortController()
      const got = await Promise.all(names.map(name => chunksOf(source, name, { signal })))
      for (const [i, chunks] of got.entries()) assert.equal(chunks.join('') === text(names[i]), true)
    })

    test('fails as cut off if the text changes while it is read', async t => {
      const dir = await folderOf(t, { text: 'a'.repeat(30_000_000) })
      const source = await make(t, dir, 1024)
      const stream = await source.open('text')
      let bytes = 0
      const reading = async () => {
        for await (const block of stream.blocks) {
          if (bytes === 0) await appendFile(join(dir, 'text'), 'b')
          bytes += block.length
        }
      }
      await assert.rejects(reading(), code('cut'))
      assert.ok(bytes > 0)
    })

    test('ends when its reader breaks off or its signal aborts', async t => {
      const source = await sourceOf(t, { text: 'a'.repeat(30_000_000) }, 1024)
      for await (const _ of (await source.open('text')).blocks) break
      const abort = new AbortController()
      const stream = await source.open('text', { signal: abort.signal })
      const reading = async () => {
        for await (const _ of stream.blocks) abort.abort(new Error('enough'))
      }
      await assert.rejects(reading(), /enough/)
      await assert.rejects(source.open('text', { signal: abort.signal }), /enough/)
    })
  })
}
