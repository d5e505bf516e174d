import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FileStatus, Hdfs } from './hdfs.ts'

/** A folder of one's own on a file system, which whoever made it removes. */
export interface ContractPlace {
  readonly hdfs: Hdfs
  readonly root: string
}

export const textOf = async (pieces: AsyncIterable<Buffer>): Promise<string> => {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all).toString()
}

export const namesIn = async (hdfs: Hdfs, folder: string): Promise<string[]> => {
  const names: string[] = []
  for await (const { name } of hdfs.list(folder)) names.push(name)
  return names
}

const entriesIn = async (hdfs: Hdfs, folder: string): Promise<FileStatus[]> => {
  const all: FileStatus[] = []
  for await (const status of hdfs.list(folder)) all.push(status)
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const bytes = (text: string) => [Buffer.from(text)]

const code = (reason: string) => ({ code: `hdfs/${reason}` })

/** Every byte that a name may hold but `/` and NUL, `:` which HDFS refuses, and what looks like an escape of others. */
export const oddNames = [
  Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1))
    .filter(c => c !== '/' && c !== ':')
    .join(''),
  'ünïcödé 日本語 😀 \u202e\u200d',
  '%2e%2e%2fetc',
  '%',
  '%zz%00',
  '...',
  ' . ',
  'a+b&c=d?e#f;g',
  '~$HOME`id`',
  'e\u0301',
  'é',
]

/** What every file system of Hadoop promises, and its reference does. */
export const hdfsContract = (
  name: string,
  open: (t: TestContext) => Promise<ContractPlace>,
  { skip = false }: { readonly skip?: string | false } = {},
): void => {
  const promises = (what: string, act: (place: ContractPlace) => Promise<void>) =>
    test(`${name}: ${what}`, { skip }, async t => act(await open(t)))

  promises('what was written is read, whole or a range of it', async ({ hdfs, root }) => {
    const path = `${root}/sub/folder/a.txt`
    await hdfs.write(path, [Buffer.from('hello'), Buffer.alloc(0), Buffer.from(' world')])
    assert.equal(await textOf(hdfs.read(path)), 'hello world')
    assert.equal(await textOf(hdfs.read(path, { from: 6 })), 'world')
    assert.equal(await textOf(hdfs.read(path, { from: 2, to: 4 })), 'll')
    assert.equal(await textOf(hdfs.read(path, { from: 6, to: 1000 })), 'world')
    for (const from of [11, 12]) assert.equal(await textOf(hdfs.read(path, { from })), '')
    const { name, kind, bytes, id } = (await hdfs.status(path))!
    assert.deepEqual({ name, kind, bytes, hasId: id > 0 }, { name: 'a.txt', kind: 'file', bytes: 11, hasId: true })
  })

  promises('a file may be empty', async ({ hdfs, root }) => {
    await hdfs.write(`${root}/empty`, [])
    assert.equal((await hdfs.status(`${root}/empty`))?.bytes, 0)
    assert.equal(await textOf(hdfs.read(`${root}/empty`)), '')
  })

  promises('writing over a file is refused, unless that is said', async ({ hdfs, root }) => {
    const path = `${root}/a`
    await hdfs.write(path, bytes('first'))
    await assert.rejects(hdfs.write(path, bytes('second')), code('exists'))
    assert.equal(await textOf(hdfs.read(path)), 'first')
    await hdfs.write(path, bytes('third'), { overwrite: true })
    assert.equal(await textOf(hdfs.read(path)), 'third')
    await assert.rejects(hdfs.write(root, bytes('x'), { overwrite: true }), code('exists'))
  })

  promises('what is not there has no status, and cannot be read or listed', async ({ hdfs, root }) => {
    assert.equal(await hdfs.status(`${root}/absent`), undefined)
    assert.equal(await hdfs.status(`${root}/absent/below`), undefined)
    await assert.rejects(textOf(hdfs.read(`${root}/absent`)), code('absent'))
    await assert.rejects(namesIn(hdfs, `${root}/absent`), code('absent'))
    assert.equal(await hdfs.remove(`${root}/absent`), false)
  })

  promises('a file is no folder, and a folder no file', async ({ hdfs, root }) => {
    await hdfs.write(`${root}/file`, bytes('x'))
    await hdfs.makeFolder(`${root}/folder`)
    await assert.rejects(namesIn(hdfs, `${root}/file`), code('not-a-folder'))
    await assert.rejects(textOf(hdfs.read(`${root}/folder`)), code('not-a-file'))
    assert.equal(await hdfs.status(`${root}/file/below`), undefined)
  })

  promises('a folder is made with those above it, once or twice', async ({ hdfs, root }) => {
    await hdfs.makeFolder(`${root}/a/b/c`)
    await hdfs.makeFolder(`${root}/a/b/c`)
    assert.equal((await hdfs.status(`${root}/a/b`))?.kind, 'folder')
    assert.deepEqual(await namesIn(hdfs, `${root}/a/b/c`), [])
  })

  promises('a long folder is listed whole, each name once', async ({ hdfs, root }) => {
    const names = Array.from({ length: 10 }, (_, i) => `n${i}`)
    for (const one of names) await hdfs.write(`${root}/${one}`, bytes(one))
    await hdfs.makeFolder(`${root}/folder`)
    const entries = await entriesIn(hdfs, root)
    assert.deepEqual(
      entries.map(({ name, path, kind, bytes }) => [name, path === `${root}/${name}`, kind, bytes]),
      [['folder', true, 'folder', 0], ...names.map(one => [one, true, 'file', 2])],
    )
  })

  promises('every odd name comes back as it was given', async ({ hdfs, root }) => {
    for (const [i, one] of oddNames.entries()) await hdfs.write(`${root}/${one}`, bytes(String(i)))
    assert.deepEqual((await namesIn(hdfs, root)).sort(), oddNames.toSorted())
    for (const [i, one] of oddNames.entries()) {
      assert.equal(await textOf(hdfs.read(`${root}/${one}`)), String(i), JSON.stringify(one))
      await hdfs.rename(`${root}/${one}`, `${root}/to/${one}`).catch(() => {})
    }
    await hdfs.makeFolder(`${root}/to`)
    for (const one of oddNames) await hdfs.rename(`${root}/${one}`, `${root}/to/${one}`)
    assert.deepEqual((await namesIn(hdfs, `${root}/to`)).sort(), oddNames.toSorted())
    for (const one of oddNames) assert.equal(await hdfs.remove(`${root}/to/${one}`), true)
    assert.deepEqual(await namesIn(hdfs, root), ['to'])
  })

  promises('names that HDFS does not take are refused before it is asked', async ({ hdfs, root }) => {
    for (const one of ['a:b', '..', '.', 'nul\0', '\ud800']) {
      const path = `${root}/${one}`
      await assert.rejects(async () => hdfs.write(path, bytes('x')), code('usage'), JSON.stringify(one))
      await assert.rejects(async () => hdfs.makeFolder(path), code('usage'))
      await assert.rejects(async () => hdfs.rename(root, path), code('usage'))
      await assert.rejects(async () => textOf(hdfs.read(path)), code('usage'))
    }
  })

  promises('a rename moves files and folders, over nothing and into nothing', async ({ hdfs, root }) => {
    await hdfs.write(`${root}/from/file`, bytes('moved'))
    await hdfs.write(`${root}/other`, bytes('other'))
    const { id } = (await hdfs.status(`${root}/from/file`))!
    await hdfs.rename(`${root}/from`, `${root}/to`)
    assert.equal((await hdfs.status(`${root}/to/file`))?.id, id)
    assert.equal(await hdfs.status(`${root}/from`), undefined)
    for (const to of ['to', 'other', 'to/file']) {
      await assert.rejects(hdfs.rename(`${root}/other`, `${root}/${to}`), code('exists'), to)
      assert.equal(await textOf(hdfs.read(`${root}/other`)), 'other')
    }
    await hdfs.makeFolder(`${root}/empty`)
    await assert.rejects(hdfs.rename(`${root}/to`, `${root}/empty`), code('exists'))
    await assert.rejects(hdfs.rename(`${root}/absent`, `${root}/new`), code('absent'))
    await assert.rejects(hdfs.rename(`${root}/other`, `${root}/no/folder`), code('absent'))
    assert.deepEqual(await namesIn(hdfs, root), ['empty', 'other', 'to'])
  })

  promises('a rename replaces a file where that is said, and never a folder', async ({ hdfs, root }) => {
    await hdfs.write(`${root}/new`, bytes('new'))
    await hdfs.write(`${root}/old`, bytes('old'))
    await hdfs.write(`${root}/folder/file`, bytes('x'))
    await assert.rejects(hdfs.rename(`${root}/new`, `${root}/folder`, { overwrite: true }), code('exists'))
    await hdfs.rename(`${root}/new`, `${root}/old`, { overwrite: true })
    assert.equal(await textOf(hdfs.read(`${root}/old`)), 'new')
    assert.deepEqual(await namesIn(hdfs, root), ['folder', 'old'])
  })

  promises('of many renames to one name exactly one succeeds', async ({ hdfs, root }) => {
    const froms = Array.from({ length: 8 }, (_, i) => `${root}/from-${i}`)
    for (const from of froms) await hdfs.write(from, bytes(from))
    const ended = await Promise.allSettled(froms.map(from => hdfs.rename(from, `${root}/to`)))
    assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 1)
    const winner = froms[ended.findIndex(({ status }) => status === 'fulfilled')]
    assert.equal(await textOf(hdfs.read(`${root}/to`)), winner)
  })

  promises('what is removed is gone with all below it', async ({ hdfs, root }) => {
    await hdfs.write(`${root}/a/b/c`, bytes('x'))
    assert.equal(await hdfs.remove(`${root}/a`), true)
    assert.deepEqual(await namesIn(hdfs, root), [])
  })

  promises('an error of whoever gives the bytes comes out of the write', async ({ hdfs, root }) => {
    async function* broken() {
      yield Buffer.from('half')
      throw new Error('no more')
    }
    await assert.rejects(hdfs.write(`${root}/a`, broken()), /no more/)
    await hdfs.write(`${root}/a`, bytes('whole'), { overwrite: true })
    assert.equal(await textOf(hdfs.read(`${root}/a`)), 'whole')
  })

  promises('a reader may stop in the middle', async ({ hdfs, root }) => {
    await hdfs.write(`${root}/a`, [Buffer.alloc(3_000_000, 'a')])
    for await (const piece of hdfs.read(`${root}/a`)) {
      assert.ok(piece.length > 0)
      break
    }
    assert.equal(await hdfs.remove(`${root}/a`), true)
  })

  promises('what comes and goes while a folder is listed is there or not', async ({ hdfs, root }) => {
    const names = Array.from({ length: 12 }, (_, i) => `stays-${String(i).padStart(2, '0')}`)
    for (const one of names) await hdfs.write(`${root}/${one}`, bytes('x'))
    await hdfs.write(`${root}/zz-goes`, bytes('x'))
    const seen: string[] = []
    for await (const { name } of hdfs.list(root)) {
      seen.push(name)
      if (seen.length !== 2) continue
      await hdfs.remove(`${root}/zz-goes`)
      await hdfs.write(`${root}/aa-comes`, bytes('x'))
      await hdfs.write(`${root}/zz-comes`, bytes('x'))
    }
    assert.deepEqual(
      seen.filter(one => one.startsWith('stays')),
      names,
    )
    assert.equal(new Set(seen).size, seen.length)
  })
}
