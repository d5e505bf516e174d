import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { fileNameOf } from '../chunk/file-name.ts'
import { systemClock } from '../std/clock.ts'
import { inline } from './inline.ts'
import { refresh } from './refresh.ts'

export const texts = { 'alone.txt': 'I was alone.\n', 'both.txt': 'ä "b"\n\n', 'empty.txt': '' }
const dir = mkdtempSync(join(tmpdir(), 'textstream-verify-'))
export const at = (...names: string[]) => join(dir, ...names)
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
export const lines = [...captured.filter(r => r.destination_uri !== '/Both'), ...superseded].map(
  r => `${JSON.stringify(r)}\n`,
)

/** An output with its log and its originals, to be spoiled; for all tests of a file. */
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
export const copy = () => {
  const to = at(`copy-${copies.n++}`)
  for (const name of ['out', 'texts', 'logs'])
    cpSync(at(name), join(to, name), { recursive: true, verbatimSymlinks: true })
  return { out: join(to, 'out'), texts: join(to, 'texts'), logs: join(to, 'logs') }
}
export type Copy = ReturnType<typeof copy>

export const edit = (path: string, how: (text: string) => string) =>
  writeFileSync(path, how(readFileSync(path, 'utf8')))

export const both = fileNameOf('/Both')
export const receipt = (how: (json: Record<string, never>) => void) => (one: Copy) =>
  edit(join(one.out, '_receipt.json'), text => {
    const json = JSON.parse(text)
    how(json)
    return JSON.stringify(json)
  })

type Spoil = (copy: Copy) => void

export const spoiled: Record<string, [spoil: Spoil, findings: RegExp[]]> = {
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
