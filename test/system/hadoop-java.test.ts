import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { answerKey, countersKey, malformedKey } from '../../src/refresh/hadoop/key.ts'
import { streamingJar } from '../../src/stack/streaming-jar.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { hardLog } from './hard-log.ts'
import { root, tempDir } from './textstream.ts'

const { skip, hadoop } = await hadoopOrSkip()

const java = async (words: readonly string[], given: Buffer = Buffer.alloc(0)) => {
  const classPath = `${await streamingJar()}:${hadoop!.lib}/*`
  const args = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-cp', classPath, join(root, 'test/java/Blocks.java'), ...words]
  const child = spawn(hadoop!.java, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const said: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', piece => said.push(piece))
  child.stderr.on('data', piece => errors.push(piece))
  // Whoever ends early says why on standard error.
  child.stdin.on('error', () => {})
  child.stdin.end(given)
  const [code] = await once(child, 'close')
  return { code, out: Buffer.concat(said), errors: Buffer.concat(errors).toString() }
}

interface Piece {
  readonly input: number
  readonly offset: number
  readonly bytes: Buffer
}

type Read = readonly Piece[][] | { readonly refused: string }

/** What Blocks.java says of each pair of a list of inputs and a size of splits. */
const readAll = function* (said: Buffer): Generator<Read> {
  let at = 0
  const int = () => {
    at += 4
    return said.readInt32BE(at - 4)
  }
  const bytes = () => {
    const length = int()
    at += length
    return said.subarray(at - length, at)
  }
  while (at < said.length) {
    const splits = int()
    if (splits < 0) yield { refused: bytes().toString() }
    else
      yield Array.from({ length: splits }, () => {
        const pieces: Piece[] = []
        let input = -1
        while (int() === 1) {
          const [key, value] = [bytes(), bytes()]
          if (key.length === 0) input = value.readInt32BE()
          else pieces.push({ input, offset: Number(key.readBigInt64BE()), bytes: Buffer.from(value) })
        }
        return pieces
      })
  }
}

interface Given {
  readonly files: readonly (readonly [name: string, bytes: Buffer])[]
  /** How much of the last file is of this run. */
  readonly without?: number
  readonly splitBytes: number
}

const listIn = async (dir: string, { files, without = 0 }: Given): Promise<string> => {
  await mkdir(dir)
  for (const [name, bytes] of files) await writeFile(join(dir, name), bytes)
  const listed = files.map(([name, bytes], i) => ({
    path: `file://${dir}/${name}`,
    size: bytes.length - (i === files.length - 1 ? without : 0),
  }))
  await writeFile(join(dir, 'inputs.json'), JSON.stringify(listed))
  return join(dir, 'inputs.json')
}

const readByJava = async (dir: string, all: readonly Given[]): Promise<Read[]> => {
  const words: string[] = []
  for (const [n, given] of all.entries())
    words.push(await listIn(join(dir, `given ${n}`), given), String(given.splitBytes))
  const { code, out, errors } = await java(['read', ...words])
  assert.equal(code, 0, errors)
  return [...readAll(out)]
}

const beginsLine = (text: Buffer, offset: number) => offset === 0 || text[offset - 1] === 0x0a

const longestLine = (text: Buffer): number =>
  text
    .toString('latin1')
    .split('\n')
    .reduce((most, { length }) => Math.max(most, length + 1), 0)

/** Every line is in one split, whole, in the order of the files; no split is much larger than it should be. */
const assertWhole = (
  splits: Read,
  texts: readonly Buffer[],
  splitBytes: number,
  isSplit: (input: number) => boolean,
) => {
  assert.ok(!('refused' in splits), JSON.stringify(splits))
  const next = texts.map(() => 0)
  for (const pieces of splits) {
    let last = -1
    for (const { input, offset, bytes } of pieces) {
      assert.equal(offset, next[input])
      if (input !== last) assert.ok(beginsLine(texts[input], offset))
      last = input
      assert.ok(bytes.equals(texts[input].subarray(offset, offset + bytes.length)))
      next[input] += bytes.length
    }
    const own = pieces.filter(({ input }) => isSplit(input))
    const most = Math.max(0, ...own.map(({ input }) => longestLine(texts[input])))
    assert.ok(own.reduce((sum, { bytes }) => sum + bytes.length, 0) <= 1.1 * splitBytes + 1 + most)
  }
  assert.deepEqual(
    next,
    texts.map(({ length }) => length),
  )
}

const odd: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['newline', '\n'],
  ['newlines', '\n\n\n'],
  ['no end', 'a\nb'],
  ['returns', 'a\rb\r\n\r\rc\r'],
  ['odd', '\ufeffa\0b\n\0\n\ufeff\n'],
  ['long', `${'x'.repeat(3_000_000)}\ny\n${'z'.repeat(70_000)}`],
  ['a,b *?{c} %41 +#', 'name\n'],
]

test('every line of every file is read once and whole, whatever the size of splits', { skip }, async () => {
  await using dir = await tempDir()
  const logs = fc.sample(hardLog, { seed: 7, numRuns: 30 })
  const given: Given[] = logs.map(({ inputs }, n) => {
    const files = [...inputs, [odd[n % odd.length][0], Buffer.from(odd[n % odd.length][1])] as const]
    const bytes = files.reduce((sum, [, { length }]) => sum + length, 0)
    return { files, splitBytes: Math.ceil((bytes + 1) / (1 + ((n * n) % 60))) }
  })
  const short = Buffer.from('ab\n\ncde\nf')
  const everyBorder = Array.from({ length: 12 }, (_, n) => ({ files: [['s', short]] as const, splitBytes: n + 1 }))
  const all = [...given, ...everyBorder]
  const read = await readByJava(dir.path, all)
  assert.equal(read.length, all.length)
  for (const [n, { files, splitBytes }] of all.entries()) {
    assertWhole(
      read[n],
      files.map(([, bytes]) => bytes),
      splitBytes,
      () => true,
    )
  }
  assert.equal((read[all.length - 12] as readonly unknown[]).length, short.length)
})

test('what was added to a file since is left out; small files share a split; .gz is read as one', {
  skip,
}, async () => {
  await using dir = await tempDir()
  const log = Buffer.from('one\ntwo\nthree\n')
  const packed = Buffer.concat([gzipSync('one\n'), gzipSync('two\nthree\n')])
  const small = Array.from({ length: 50 }, (_, n) => [`f${n}`, Buffer.from(`${n}\n`)] as const)
  const [grown, shared, gzip, onlyCalled] = await readByJava(dir.path, [
    { files: [['log', log]], without: 4, splitBytes: 3 },
    { files: small, splitBytes: 1000 },
    { files: [['log.gz', packed]], splitBytes: 3 },
    { files: [['log.gz', log]], splitBytes: 3 },
  ])
  assertWhole(grown, [log.subarray(0, -4)], 3, () => true)
  const texts = small.map(([, bytes]) => bytes)
  assertWhole(shared, texts, 1000, () => true)
  assert.equal((shared as readonly unknown[]).length, 1)
  for (const one of [gzip, onlyCalled]) {
    assertWhole(one, [log], 3, () => false)
    assert.equal((one as readonly unknown[]).length, 1)
  }
})

test('what cannot be read as it was listed is refused by name', { skip }, async () => {
  await using dir = await tempDir()
  const zstd = Buffer.from('28b52ffd00', 'hex')
  const cases: readonly (readonly [Given, RegExp])[] = [
    [{ files: [['log', gzipSync('x\n')]], splitBytes: 9 }, /given 0\/log is packed by gzip: give it a name/],
    [{ files: [['log', zstd]], splitBytes: 9 }, /given 1\/log is packed by zstd: unpack it/],
    [{ files: [['log', Buffer.from('x')]], without: -1, splitBytes: 9 }, /log has changed: it had 2 bytes, now 1/],
    [{ files: [['log.gz', gzipSync('x')]], without: 1, splitBytes: 9 }, /log.gz has changed/],
    [{ files: [['log.gz', gzipSync('xyz').subarray(0, -9)]], splitBytes: 9 }, /[Uu]nexpected end/],
  ]
  const read = await readByJava(
    dir.path,
    cases.map(([given]) => given),
  )
  for (const [n, [, pattern]] of cases.entries()) assert.match((read[n] as { refused: string }).refused, pattern)
})

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const packedBytes = (bytes: Buffer): Buffer => Buffer.concat([int32(bytes.length), bytes])

test('one document goes to one reducer, and documents go to all', { skip }, async () => {
  const uris = Array.from({ length: 300 }, (_, n) => `/${n % 3 === 0 ? '\0'.repeat(n % 7) : 'é'}${n}`)
  const ids = ['', 'a', '\0', '\0\0b']
  const keys = uris.flatMap(uri =>
    ids.map(id => Buffer.concat([answerKey(Buffer.from(uri), Buffer.from(id)), Buffer.alloc(17)])),
  )
  const { code, out, errors } = await java(
    ['partition', '7'],
    Buffer.concat([countersKey, malformedKey(1, 0), ...keys].map(packedBytes)),
  )
  assert.equal(code, 0, errors)
  const partitions = Array.from({ length: keys.length + 2 }, (_, n) => out.readInt32BE(4 * n))
  assert.deepEqual(partitions.splice(0, 2), [0, 0])
  for (const [n] of uris.entries()) assert.equal(new Set(partitions.slice(4 * n, 4 * n + 4)).size, 1)
  assert.equal(new Set(partitions).size, 7)
})

/** Below the output: what is there is not yet published. */
const workFolder = '_temporary/0/_temporary/attempt_1_0001_r_000003_0'

const writeByJava = async (folder: string, frames: readonly (readonly [name: string, bytes: Buffer])[]) => {
  const given = frames.flatMap(([name, bytes]) => [packedBytes(Buffer.from(name)), packedBytes(bytes)])
  return java(['write', folder], Buffer.concat(given))
}

test('documents and parts become files, whatever comes between', { skip }, async () => {
  await using dir = await tempDir()
  const folder = join(dir.path, 'out')
  const piece = (text: string) => Buffer.from(text)
  const large = Buffer.alloc(3_000_000, 'large ')
  const many = Array.from({ length: 500 }, (_, n) => [`_m${n}.txt`, piece(`${n}`)] as const)
  const ran = await writeByJava(folder, [
    ['_documents-00003', piece('a')],
    ['a.txt', piece('1')],
    ['_documents-00003', piece('b')],
    ['a.txt', piece('2')],
    ['a.txt', piece('3')],
    ['empty.txt', piece('')],
    ['_attempts/%20~1.txt/r.txt', piece('attempt')],
    ['_malformed-00000', piece('')],
    ['large.txt', large.subarray(0, 1_000_000)],
    ['large.txt', large.subarray(1_000_000)],
    ...many,
    ['_documents-00003', piece('c')],
  ])
  assert.equal(ran.code, 0, ran.errors)
  const work = join(folder, workFolder)
  const found = await readdir(work, { recursive: true, withFileTypes: true })
  const names = found
    .filter(entry => entry.isFile() && !entry.name.endsWith('.crc'))
    .map(({ parentPath, name }) => join(parentPath, name).slice(work.length + 1))
  assert.deepEqual(await readdir(folder), ['_temporary'])
  const expected: Record<string, string> = {
    '_documents-00003': 'abc',
    'a.txt': '123',
    'empty.txt': '',
    '_attempts/%20~1.txt/r.txt': 'attempt',
    '_malformed-00000': '',
    'large.txt': large.toString(),
    ...Object.fromEntries(many.map(([name, bytes]) => [name, bytes.toString()])),
  }
  assert.deepEqual(names.sort(), Object.keys(expected).sort())
  for (const name of names) assert.equal(await readFile(join(work, name), 'utf8'), expected[name], name)
})

test('a document that cannot be written fails the task, though others write it', { skip }, async () => {
  await using dir = await tempDir()
  const folder = join(dir.path, 'out')
  await mkdir(join(folder, workFolder, 'b.txt'), { recursive: true })
  const ran = await writeByJava(
    folder,
    ['a.txt', 'b.txt', 'c.txt'].map(name => [name, Buffer.from('text')] as const),
  )
  assert.notEqual(ran.code, 0)
  assert.match(ran.errors, /a document could not be written: .*b\.txt/)
})
