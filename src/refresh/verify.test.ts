import assert from 'node:assert/strict'
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Verdict, type VerifyOptions, verify } from './verify.ts'
import { at, both, type Copy, copy, receipt, spoiled } from './verify-given.ts'

const judge = async (spoil: (copy: Copy) => void, options: (copy: Copy) => Partial<VerifyOptions> = () => ({})) => {
  const one = copy()
  try {
    spoil(one)
    return await verify({ out: one.out, logs: [one.logs], against: one.texts, ...options(one) })
  } finally {
    rmSync(join(one.out, '..'), { recursive: true })
  }
}

const nothing = () => {}
const found = (verdict: Verdict) => verdict.findings.map(({ check, name, problem }) => `${check}: ${name} ${problem}`)
const filesBelow = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(name => statSync(join(path, name)).isFile())

test('proves an output that nobody touched', async () => {
  const verdict = await judge(nothing)
  assert.deepEqual(verdict, {
    verdict: 'proven',
    findings: [],
    findings_count: 0,
    files: { ok: true, documents: 3, bytes: 21, extra: { count: 0, names: [] } },
    log: { ok: true, checked: 2, not_checked: { count: 0, names: [] } },
    originals: {
      ok: true,
      count: 3,
      same: 3,
      without_document: { count: 0, names: [] },
      without_original: { count: 0, names: [] },
    },
  })
})

test('finds a change to any byte of any file that the receipt vouches for', async () => {
  const { out } = copy()
  const names = filesBelow(out).filter(name => name !== '_receipt.json')
  assert.equal(names.length, 6)
  for (const name of names) {
    const path = join(out, name)
    const bytes = readFileSync(path)
    for (let i = 0; i < bytes.length; i++) {
      const flipped = Buffer.from(bytes)
      flipped[i] ^= 1 << (i % 8)
      writeFileSync(path, flipped)
      assert.equal((await verify({ out })).files.ok, false, `byte ${i} of ${name}`)
    }
    writeFileSync(path, bytes)
  }
  assert.equal((await verify({ out })).verdict, 'proven')
})

test('finds every file that is cut, longer, or gone', async () => {
  for (const name of filesBelow(at('out'))) {
    assert.notDeepEqual(found(await judge(({ out }) => rmSync(join(out, name)))), [], name)
    if (name === '_receipt.json') continue
    assert.notDeepEqual(found(await judge(({ out }) => appendFileSync(join(out, name), 'x'))), [], name)
    const { size } = statSync(at('out', name))
    if (size > 0)
      assert.notDeepEqual(found(await judge(({ out }) => truncateSync(join(out, name), size - 1))), [], name)
  }
})

for (const [name, [spoil, expected]] of Object.entries(spoiled)) {
  test(`finds ${name}`, async () => {
    const verdict = await judge(spoil)
    const findings = found(verdict)
    assert.equal(verdict.verdict, 'differs')
    for (const pattern of expected)
      assert.ok(
        findings.some(finding => pattern.test(finding)),
        findings.join('\n'),
      )
  })
}

test('finds nothing but what was spoiled', async () => {
  for (const name of ['a receipt with other counters', 'an input that was changed', 'an original that was changed']) {
    assert.equal((await judge(spoiled[name][0])).findings_count, 1, name)
  }
})

test('names files that no refresh wrote, which are no failure', async () => {
  const verdict = await judge(({ out }) => {
    writeFileSync(join(out, 'notes.txt'), '')
    writeFileSync(join(out, '_attempts', 'notes.txt'), '')
    writeFileSync(join(out, '_attempts', both, 'notes.txt'), '')
  })
  assert.equal(verdict.verdict, 'proven')
  assert.deepEqual(verdict.files.extra, {
    count: 3,
    names: ['notes.txt', '_attempts/notes.txt', `_attempts/${both}/notes.txt`],
  })
})

test('a log that grew is the log that was read', async () => {
  const verdict = await judge(({ logs }) => appendFileSync(join(logs, 'a.ndjson'), '{"chunk":'))
  assert.equal(verdict.verdict, 'proven')
})

test('an original may have another name, or be a link within the folder', async () => {
  const renamed = await judge(({ texts }) => renameSync(join(texts, 'alone.txt'), join(texts, 'renamed.txt')))
  assert.equal(renamed.verdict, 'proven')
  const linked = await judge(({ texts }) => symlinkSync('alone.txt', join(texts, 'link.txt')))
  assert.equal(linked.verdict, 'proven')
})

test('a link out of the originals, and a name with a leading dot, are no originals', async () => {
  const verdict = await judge(({ texts, logs }) => {
    symlinkSync(join(logs, 'a.ndjson'), join(texts, 'link.txt'))
    writeFileSync(join(texts, '.hidden'), 'x')
  })
  assert.equal(verdict.verdict, 'proven')
})

test('without --log, inputs that are not here are not checked; without --against, no original is', async () => {
  const verdict = await judge(
    receipt(json => Object.assign((json.inputs as object[])[0], { name: 'nowhere/a.ndjson' })),
    () => ({
      logs: undefined,
      against: undefined,
    }),
  )
  assert.equal(verdict.verdict, 'proven')
  assert.deepEqual(verdict.log, { ok: true, checked: 1, not_checked: { count: 1, names: ['nowhere/a.ndjson'] } })
  assert.equal(verdict.originals, null)
})

test('refuses folders that are not there as wrong usage', async () => {
  const usage = { code: 'verify/usage' }
  await assert.rejects(verify({ out: at('nowhere') }), usage)
  await assert.rejects(verify({ out: at('out'), against: at('nowhere') }), usage)
  await assert.rejects(verify({ out: at('out'), logs: [at('nowhere')] }), usage)
})
