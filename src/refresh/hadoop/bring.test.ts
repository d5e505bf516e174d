import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cutTexts } from './bring.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const row = (uri: string, text: string, attempts: readonly (readonly [string, string])[] = []) =>
  `${JSON.stringify({
    uri,
    file: '../../elsewhere.txt',
    bytes: Buffer.byteLength(text),
    sha256: sha256(text),
    parts: [
      { response_id: 'kept', bytes: 1, sha256: '' },
      ...attempts.map(([id, text]) => ({
        response_id: id,
        bytes: text.length,
        sha256: sha256(text),
        file: '/etc/passwd',
      })),
    ],
  })}\n`

const rows = [
  row('/a', 'first é'),
  row('/b', '', [
    ['r', 'old'],
    ['s', ''],
  ]),
  row('../c', 'x'.repeat(3000)),
].join('')
const texts = `first éold${'x'.repeat(3000)}`

const cut = async (texts: string, pieceBytes: number) => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-bring-'))
  async function* pieces() {
    const bytes = Buffer.from(texts)
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  try {
    writeFileSync(join(dir, 'rows'), rows)
    await cutTexts(pieces(), join(dir, 'rows'), dir, 'the texts', new AbortController().signal)
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1)).sort()
    return paths
      .map(path => [path, readFileSync(join(dir, path), 'utf8').slice(0, 10)])
      .filter(([path]) => path !== 'rows')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

for (const pieceBytes of [1, 7, 4096]) {
  test(`joined texts, in pieces of ${pieceBytes}, become files by their own names, whatever the rows call them`, async () => {
    assert.deepEqual(await cut(texts, pieceBytes), [
      ['..%2Fc~9604b906fd0ca6d6.txt', 'xxxxxxxxxx'],
      ['_attempts/b.txt/r.txt', 'old'],
      ['_attempts/b.txt/s.txt', ''],
      ['a.txt', 'first é'],
      ['b.txt', ''],
    ])
  })
}

for (const [what, other] of [
  ['too few', texts.slice(0, -1)],
  ['too many', `${texts}x`],
  ['other ones', texts.replace('o', 'a')],
] as const) {
  test(`${what} bytes are told`, async () => {
    await assert.rejects(cut(other, 100), { code: 'hadoop/failed', message: /bring "the texts" here: it is not what/ })
  })
}
