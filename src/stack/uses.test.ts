import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { smallPart } from '../../test/system/small-part.ts'
import { tempDir } from '../../test/system/textstream.ts'
import { down } from './down.ts'
import type { Part } from './part.ts'
import { inReverse, partsOf } from './parts.ts'
import { isFree } from './port.ts'
import type { Stack } from './stack.ts'
import { status } from './status.ts'
import { up } from './up.ts'

const freePort = async (): Promise<number> => {
  const port = 2_000 + Math.floor(Math.random() * 28_000)
  return (await isFree(port)) ? port : freePort()
}

const options = { portOffset: 0, fresh: false, javaOptions: [] }

interface Setting {
  readonly stack: Stack
  readonly start: (names: readonly string[], more?: Partial<typeof options>) => Promise<void>
  readonly upNames: () => Promise<string[]>
}

/** `tables` uses `files`; `shop` needs `tables`. */
const settingOf = async (t: TestContext, more: Partial<Part> = {}): Promise<Setting> => {
  const dir = await tempDir()
  const [a, b, c] = [await freePort(), await freePort(), await freePort()]
  const parts = partsOf(
    smallPart('shop', a, { needs: ['tables'] }),
    { ...smallPart('tables', b), uses: ['files'], ...more },
    smallPart('files', c),
  )
  const folders = { state: `${dir.path}/state`, cache: `${dir.path}/cache` }
  const stack: Stack = { parts, folders, environment: process.env, tell: () => {} }
  t.after(async () => {
    await down(stack, [], { wipe: false })
    await dir[Symbol.asyncDispose]()
  })
  return {
    stack,
    start: (names, given) => up(stack, names, { ...options, ...given }),
    upNames: async () => (await status(stack)).filter(({ state }) => state === 'ready').map(({ daemon }) => daemon),
  }
}

const end = ({ stack }: Setting, ...names: string[]) => down(stack, names, { wipe: false })
const bound = { isBoundToUses: true } as const

test('a part that may use another starts without it, and with it where it is named', async t => {
  const setting = await settingOf(t)
  await setting.start(['shop'])
  assert.deepEqual(await setting.upNames(), ['shop', 'tables'])
  await end(setting)
  await setting.start(['shop', 'files'])
  assert.deepEqual(await setting.upNames(), ['shop', 'tables', 'files'])
})

test('what it uses starts before it and ends after it', async t => {
  const { stack } = await settingOf(t)
  assert.deepEqual(
    inReverse(stack.parts, ['files']).map(({ name }) => name),
    ['shop', 'tables', 'files'],
  )
})

test('data is bound to what it was made with: that is started with it, also when it is not named', async t => {
  const setting = await settingOf(t, bound)
  await setting.start(['files'])
  await setting.start(['tables'])
  await end(setting)
  await setting.start(['shop'])
  assert.deepEqual(await setting.upNames(), ['shop', 'tables', 'files'])
})

test('data that was made without another part goes on without it, and is refused with it', async t => {
  const setting = await settingOf(t, bound)
  await setting.start(['tables'])
  await end(setting)
  await setting.start(['files'])
  await setting.start(['tables'])
  await assert.rejects(setting.start(['tables', 'files']), { code: 'stack/bound', message: /was made without "files"/ })
  await end(setting)
  await setting.start(['tables', 'files'], { fresh: true })
  assert.deepEqual(await setting.upNames(), ['tables', 'files'])
})

test('data that holds addresses is refused on other ports', async t => {
  const setting = await settingOf(t, bound)
  await setting.start(['tables', 'files'])
  await end(setting)
  const message = /the data of "tables" holds addresses of "files" with the port offset 0, not 3/
  await assert.rejects(setting.start(['tables'], { portOffset: 3 }), { code: 'stack/bound', message })
})

test('data without addresses is used on other ports', async t => {
  const setting = await settingOf(t, bound)
  await setting.start(['tables'])
  await end(setting)
  await setting.start(['tables'], { portOffset: 3 })
  assert.deepEqual(await setting.upNames(), ['tables'])
})
