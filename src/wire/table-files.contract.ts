import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TableFiles } from './table-files.ts'

/** What is tried: the files, and a folder in them that is nobody else's. */
export interface Tried extends AsyncDisposable {
  readonly files: TableFiles
  readonly folder: string
}

const bytes = (text: string) => Buffer.from(text)

/** What every adapter of `TableFiles` promises. */
export const tableFilesContract = (name: string, open: () => Promise<Tried>): void => {
  const promise = (what: string, body: (tried: Tried) => Promise<void>) =>
    test(what, async () => {
      await using tried = await open()
      await body(tried)
    })

  describe(`table files: ${name}`, () => {
    promise('a file that is made is read back, and one that is not there is none', async ({ files, folder }) => {
      assert.equal(await files.create(`${folder}/a/b/c`, bytes('é\0')), true)
      assert.deepEqual(await files.read(`${folder}/a/b/c`), bytes('é\0'))
      assert.equal(await files.read(`${folder}/a/b/d`), undefined)
      assert.equal(await files.read(`${folder}/x/y`), undefined)
    })

    promise('a file that is there stays as it is', async ({ files, folder }) => {
      await files.create(`${folder}/a`, bytes('first'))
      assert.equal(await files.create(`${folder}/a`, bytes('second')), false)
      assert.deepEqual(await files.read(`${folder}/a`), bytes('first'))
    })

    promise('of many who make the same file at once, one makes it', async ({ files, folder }) => {
      const tries = Array.from({ length: 8 }, (_, n) => files.create(`${folder}/a`, bytes(`${n}`)))
      const made = await Promise.all(tries)
      assert.equal(made.filter(Boolean).length, 1)
      assert.equal((await files.read(`${folder}/a`))?.toString(), String(made.indexOf(true)))
      assert.deepEqual((await files.list(folder)).map(of => of.name), ['a']) // biome-ignore format: one line
    })

    promise('a folder lists its files and folders with their sizes; one that is not there has none', async tried => {
      const { files, folder } = tried
      await files.create(`${folder}/a`, bytes('12345'))
      await files.makeFolder(`${folder}/b/c`)
      const found = (await files.list(folder)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
      assert.deepEqual(found, [
        { name: 'a', isFolder: false, bytes: 5 },
        { name: 'b', isFolder: true, bytes: 0 },
      ])
      assert.deepEqual(await files.list(`${folder}/x`), [])
    })

    promise('a rename moves a file once, and never over another one', async ({ files, folder }) => {
      await files.create(`${folder}/a`, bytes('a'))
      await files.create(`${folder}/b`, bytes('b'))
      await assert.rejects(files.rename(`${folder}/a`, `${folder}/b`), { code: 'table/exists' })
      assert.deepEqual(await files.read(`${folder}/b`), bytes('b'))
      assert.equal(await files.rename(`${folder}/a`, `${folder}/c`), true)
      assert.equal(await files.rename(`${folder}/a`, `${folder}/c2`), false)
      assert.deepEqual(await files.read(`${folder}/c`), bytes('a'))
      assert.equal(await files.read(`${folder}/a`), undefined)
    })

    promise('what is removed is gone with all below it, and may be removed again', async ({ files, folder }) => {
      await files.create(`${folder}/a/b`, bytes('b'))
      await files.remove(`${folder}/a`)
      await files.remove(`${folder}/a`)
      assert.deepEqual(await files.list(folder), [])
    })

    promise('a path and its location mean the same, whatever is in its name', async ({ files, folder }) => {
      for (const path of [`${folder}/a`, `${folder}/a%20b c`, '/']) assert.equal(files.pathOf(files.urlOf(path)), path)
      assert.throws(() => files.pathOf('s3a://bucket/folder'), { code: 'table/usage' })
    })

    promise('the right to write is one’s own until it is given back', async ({ files, folder }) => {
      const path = `${folder}/t.lock`
      {
        await using held = await files.lock(path)
        await held.check()
        await assert.rejects(files.lock(path), { code: 'table/locked', message: /held by pid \d+/ })
      }
      await using again = await files.lock(path)
      await again.check()
    })

    promise('what was written can be made to last', async ({ files, folder }) => {
      await files.create(`${folder}/a`, bytes('a'))
      await files.sync([`${folder}/a`])
    })
  })
}
