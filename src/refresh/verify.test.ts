import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileNameOf } from '../chunk/file-name.ts'
import { systemClock } from '../std/clock.ts'
import { inline } from './inline.ts'
import { refresh } from './refresh.ts'
import { type Verdict, type VerifyOptions, verify } from './verify.ts'

const texts = { 'alone.txt': 'I was alone.\n', 'both.txt': 'ä "b"\n\n', 'empty.txt': '' }
const dir = mkdtempSync(join(tmpdir(), 'textstream-verify-'))
const at = (...names: string[]) => join(dir, ...names)
const copies: { n: number } = { n: 0 }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const answer = (uri: string, id: string, text: string, first = {}) => {
  const base = { agent_id: 'Agent_Ada', destination_uri: uri, response_id: id }
  const end = { reason: 'stop', chunks: 1, bytes: Buffer.byteLength(text), sha256: sha256(text) }
  return [
    { ...base, chunk: text, seq: 0, ...first },
    { ...base, chunk: '', seq: 1, end },
  ]
}

const captured = Object.entries(texts).flatMap(([file, text]) =>
  answer(file === 'both.txt' ? '/Both' : `/${file}`, file, text, { source: { url: 'http://x', file } }),
)
const superseded = [
  ...answer('/Both', 'old', 'older'),
  ...answer('/Both', 'new', texts['both.txt'], { supersedes: 'old' }),
]
const lines = [...captured.filter(r => r.destination_uri !== '/Both'), ...superseded].map(r => `${JSON.stringify(r)}\n`)

before(async () => {
  mkdirSync(at('logs'))
  mkdirSync(at('texts'))
  for (const [name, text] of Object.entries(texts)) writeFileSync(at('texts', name), text)
  writeFileSync(at('logs', 'a.ndjson'), lines.slice(0, 4).join(''))
  writeFileSync(at('logs', 'b.ndjson'), `${lines.slice(4).join('')}rubbish\n`)
  const options = { inputs: [at('logs')], out: at('out'), attempts: true, threads: 1, version: '0', clock: systemClock }
  await refresh(inline, options)
})
after(() => rmSync(dir, { recursive: true }))

/** A copy of everything, which the test may spoil. */
const copy = () => {
  const to = at(`copy-${copies.n++}`)
  for (const name of ['out', 'texts', 'logs'])
    cpSync(at(name), join(to, name), { recursive: true, verbatimSymlinks: true })
  return { out: join(to, 'out'), texts: join(to, 'texts'), logs: join(to, 'logs') }
}
type Copy = ReturnType<typeof copy>

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
const edit = (path: string, how: (text: string) => string) => writeFileSync(path, how(readFileSync(path, 'utf8')))

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

const both = fileNameOf('/Both')
const receipt = (how: (json: Record<string, never>) => void) => (one: Copy) =>
  edit(join(one.out, '_receipt.json'), text => {
    const json = JSON.parse(text)
    how(json)
    return JSON.stringify(json)
  })

const spoiled: Record<string, [spoil: (copy: Copy) => void, findings: RegExp[]]> = {
  'no receipt': [
    ({ out }) => rmSync(join(out, '_receipt.json')),
    [/^files: _receipt.json is missing: the refresh did not finish/],
  ],
  'a receipt that is no JSON': [({ out }) => writeFileSync(join(out, '_receipt.json'), '{'), [/is no JSON object/]],
  'a receipt of another format': [receipt(json => Object.assign(json, { format: 2 })), [/format 2/]],
  'a receipt without inputs': [receipt(json => Object.assign(json, { inputs: null })), [/inputs/]],
  'a receipt that vouches for a file elsewhere': [
    receipt(json => Object.assign(json.documents, { file: '../../etc/passwd' })),
    [/does not vouch for _documents.ndjson/],
  ],
  'a receipt with other counters': [
    receipt(json => Object.assign(json.counters, { chunks: 99 })),
    [/^files: _receipt.json counts 99 chunks, but its files say 3$/],
  ],
  'a document that is a link to the right bytes': [
    ({ out, texts }) => {
      rmSync(join(out, both))
      symlinkSync(join(texts, 'both.txt'), join(out, both))
    },
    [/is missing/, /originals: both.txt has no document/],
  ],
  'a document that is a folder': [
    ({ out }) => {
      rmSync(join(out, both))
      mkdirSync(join(out, both))
    },
    [/is missing/, /originals/],
  ],
  'attempts that lie behind a link': [
    ({ out, logs }) => {
      renameSync(join(out, '_attempts'), join(logs, 'attempts'))
      symlinkSync(join(logs, 'attempts'), join(out, '_attempts'))
    },
    [/^files: _attempts\/.* is missing$/],
  ],
  'attempts of a document that lie behind a link': [
    ({ out, logs }) => {
      renameSync(join(out, '_attempts', both), join(logs, 'attempts'))
      symlinkSync(join(logs, 'attempts'), join(out, '_attempts', both))
    },
    [/^files: _attempts\/.* is missing$/],
  ],
  'a row that leads out of the folder': [
    ({ out }) => edit(join(out, '_documents.ndjson'), text => text.replace(both, '../texts/both.txt')),
    [/_documents.ndjson has \d+ bytes/, /is called "..\/texts\/both.txt" in _documents.ndjson/],
  ],
  'a row that is none': [
    ({ out }) => edit(join(out, '_documents.ndjson'), text => text.replace(/"state":"\w+"/, '"state":"__proto__"')),
    [/_documents.ndjson/, /line 1 is no row/, /counts/],
  ],
  'rows in another order': [
    ({ out }) => edit(join(out, '_documents.ndjson'), text => `${text.trim().split('\n').reverse().join('\n')}\n`),
    [/has another sha256/, /is not sorted at "\/alone.txt"/, /is not sorted at "\/Both"/],
  ],
  'an input that was changed': [
    ({ logs }) => edit(join(logs, 'a.ndjson'), text => text.replace('alone.', 'Alone.')),
    [/^log: .*a.ndjson has another sha256 from 0 to \d+$/],
  ],
  'an input that was cut': [
    ({ logs }) => truncateSync(join(logs, 'a.ndjson'), 9),
    [/^log: .*a.ndjson has 9 bytes; the refresh read it up to/],
  ],
  'an input that is gone': [({ logs }) => rmSync(join(logs, 'a.ndjson')), [/^log: .*a.ndjson is missing$/]],
  'an original that was changed': [
    ({ texts }) => writeFileSync(join(texts, 'alone.txt'), 'I was Alone.\n'),
    [/^originals: alone.txt.txt differs from "alone.txt"/],
  ],
  'an original of a document without source that was changed': [
    ({ texts }) => appendFileSync(join(texts, 'both.txt'), '!'),
    [/^originals: \/Both has no original/, /^originals: both.txt has no document/],
  ],
  'an original that was not captured': [
    ({ texts }) => writeFileSync(join(texts, 'more.txt'), 'more'),
    [/^originals: more.txt has no document with its bytes$/],
  ],
  'an original that is gone': [
    ({ texts }) => rmSync(join(texts, 'alone.txt')),
    [/^originals: \/alone.txt has no original with its bytes$/],
  ],
}

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
