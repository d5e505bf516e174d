import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bin, execute, tempDir, textstream } from './textstream.ts'

const long = process.env.TEXTSTREAM_LONG !== undefined
const needsStrace = { skip: spawnSync('strace', ['-V']).status === 0 ? false : 'needs strace (apt-get install strace)' }

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0

const line = (uri: string, chunk: string, i: number) =>
  `${JSON.stringify({ chunk, destination_uri: uri, event_time: `2026-11-23T08:00:00.00000${i}Z` })}\n`

const logOf = (text: string) => ['/a.md', '/b.md', '/c d.md'].map((uri, i) => line(uri, `${text} ${uri}`, i)).join('')

/** A folder with a log, and in `out` what a refresh of an earlier log left, and somebody's note. */
const prepare = async (dir: string) => {
  writeFileSync(join(dir, 'log.ndjson'), logOf('old'))
  await textstream(['refresh', 'log.ndjson', '-o', 'out'], { cwd: dir })
  writeFileSync(join(dir, 'out', 'note.txt'), 'mine')
  writeFileSync(join(dir, 'log.ndjson'), logOf('new'))
}

/** Which refresh the folder is of, if it is whole. */
const contentOf = (out: string): string => {
  if (!existsSync(out)) return 'nothing'
  const texts = readdirSync(out).filter(name => name.endsWith('.txt') && name !== 'note.txt')
  const words = new Set(texts.map(name => readFileSync(join(out, name), 'utf8').split(' ')[0]))
  const isWhole = texts.length === 3 && words.size === 1 && existsSync(join(out, '_receipt.json'))
  return isWhole ? [...words][0] : `torn: ${readdirSync(out)}`
}

const leftovers = (dir: string) => readdirSync(dir).filter(name => name.startsWith('.'))

const underStrace = (dir: string, inject: string) =>
  execute(
    'strace',
    ['-f', '-qq', '-o', '/dev/null', '-e', `inject=${inject}`, bin, 'refresh', 'log.ndjson', '-o', 'out'],
    {
      cwd: dir,
      env: { NODE_DISABLE_COMPILE_CACHE: '1' },
    },
  )

/** After whatever happened: the old output or the new one, and the next refresh puts all in order. */
const checkAfter = async (dir: string, what: string) => {
  const out = join(dir, 'out')
  const between = existsSync(out) ? contentOf(out) : contentOf(join(dir, '.out.old'))
  assert.match(between, /^(?:old|new)$/, what)
  const again = await textstream(['refresh', 'log.ndjson', '-o', 'out'], { cwd: dir })
  assert.deepEqual(
    {
      code: again.code,
      content: contentOf(out),
      left: leftovers(dir),
      note: readFileSync(join(out, 'note.txt'), 'utf8'),
    },
    { code: 0, content: 'new', left: [], note: 'mine' },
    `${what}: ${again.stderr}`,
  )
}

const killPoints: readonly (readonly [string, number[]])[] = [
  ['rename', [1, 2, 3]],
  ['fsync', [1]],
  ['unlink', [2, 4, 6, 7, 8, 9, 10, 11, 12]],
  ['rmdir', [1, 2, 3]],
  ['mkdir', [1, 2]],
  ['pwrite64', [1, 3, 6]],
  ['write', long ? Array.from({ length: 30 }, (_, i) => i + 1) : [4, 9]],
  ['openat', long ? Array.from({ length: 150 }, (_, i) => i * 2 + 1) : []],
]

describe('a refresh that is killed leaves the old output or the new one', { ...needsStrace, concurrency: 2 }, () => {
  for (const [call, whens] of killPoints) {
    for (const when of whens) {
      test(`at ${call} number ${when}`, async () => {
        await using dir = await tempDir()
        await prepare(dir.path)
        await underStrace(dir.path, `${call}:signal=KILL:when=${when}`)
        await checkAfter(dir.path, `${call} ${when}`)
      })
    }
  }
})

describe('a refresh that the disk fails keeps the old output and says why', { ...needsStrace, concurrency: 2 }, () => {
  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['a full disk while writing', 'pwrite64:error=ENOSPC:when=1+', /no space left.*free some space/i],
    ['a full disk for new folders', 'mkdir:error=ENOSPC:when=2+', /no space left/i],
    ['a disk that cannot sync', 'syncfs,fsync,fdatasync:error=EIO', /EIO|i\/o error/i],
    ['a rename that is refused', 'rename:error=EACCES:when=2', /EACCES|permission/i],
  ]
  for (const [what, inject, says] of faults) {
    test(what, async () => {
      await using dir = await tempDir()
      await prepare(dir.path)
      const ran = await underStrace(dir.path, inject)
      assert.equal(ran.code, 1, ran.stderr)
      assert.match(ran.stderr, says)
      assert.equal(
        contentOf(existsSync(join(dir.path, 'out')) ? join(dir.path, 'out') : join(dir.path, '.out.old')),
        'old',
      )
      await checkAfter(dir.path, `${what}: ${ran.stderr}`)
    })
  }
})

test('a disk that really is full: the old output stays', {
  skip: canMount ? false : 'needs root, to mount a small tmpfs',
}, async () => {
  await using dir = await tempDir()
  const disk = join(dir.path, 'disk')
  mkdirSync(disk)
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk])
  try {
    await prepare(disk)
    writeFileSync(join(dir.path, 'large.ndjson'), line('/a.md', 'x'.repeat(400_000), 0))
    const { code, stderr } = await textstream(['refresh', '../large.ndjson', '-o', 'out'], { cwd: disk })
    assert.deepEqual(
      { code, content: contentOf(join(disk, 'out')), left: leftovers(disk) },
      { code: 1, content: 'old', left: [] },
    )
    assert.match(stderr, /no space left.*free some space/)
    await checkAfter(disk, 'a full disk')
  } finally {
    spawnSync('umount', [disk])
  }
})

test('a short write is gone on with', needsStrace, async () => {
  await using dir = await tempDir()
  await prepare(dir.path)
  const ran = await underStrace(dir.path, 'pwrite64:retval=1:when=1')
  // strace makes the call return 1 without writing: only that the rest follows can be seen here.
  assert.equal(ran.code, 0, ran.stderr)
})

describe('where a refresh may write', () => {
  const refuses: readonly (readonly [string, (dir: string) => void, RegExp])[] = [
    ['a folder with files of others', dir => writeFileSync(join(dir, 'out', '_receipt.txt'), 'x'), /no _receipt\.json/],
    [
      'a file',
      dir => {
        rmSync(join(dir, 'out'), { recursive: true })
        writeFileSync(join(dir, 'out'), 'x')
      },
      /is a file/,
    ],
  ]
  for (const [what, make, says] of refuses) {
    test(`not over ${what}: exit 2, and nothing is touched`, async () => {
      await using dir = await tempDir()
      writeFileSync(join(dir.path, 'log.ndjson'), logOf('new'))
      mkdirSync(join(dir.path, 'out'))
      make(dir.path)
      const before = readdirSync(dir.path, { recursive: true })
      const { code, stderr } = await textstream(['refresh', 'log.ndjson', '-o', 'out'], { cwd: dir.path })
      assert.deepEqual({ code, after: readdirSync(dir.path, { recursive: true }) }, { code: 2, after: before })
      assert.match(stderr, says)
    })
  }

  test('one refresh at a time: the second is refused at once', needsStrace, async () => {
    await using dir = await tempDir()
    await prepare(dir.path)
    const first = underStrace(dir.path, 'syncfs:delay_enter=3000000')
    while (!leftovers(dir.path).some(name => name.startsWith('.out.run-'))) await new Promise(r => setTimeout(r, 10))
    const second = await textstream(['refresh', 'log.ndjson', '-o', 'out'], { cwd: dir.path })
    assert.equal(second.code, 1)
    assert.match(second.stderr, /another one is writing there.*held by pid/)
    assert.equal((await first).code, 0)
    assert.equal(contentOf(join(dir.path, 'out')), 'new')
  })
})

describe('a swap that was cut in half', () => {
  test('before the new output took its place: the old one is back', async () => {
    await using dir = await tempDir()
    await prepare(dir.path)
    renameSync(join(dir.path, 'out'), join(dir.path, '.out.old'))
    mkdirSync(join(dir.path, '.out.run-0123456789ab'))
    await checkAfter(dir.path, 'half a swap')
  })

  test('after it: the rest of the old one goes, the files of others come along', async () => {
    await using dir = await tempDir()
    await prepare(dir.path)
    renameSync(join(dir.path, 'out'), join(dir.path, '.out.old'))
    rmSync(join(dir.path, '.out.old', 'a.md.txt'))
    writeFileSync(join(dir.path, 'log2.ndjson'), logOf('new'))
    await textstream(['refresh', 'log2.ndjson', '-o', 'other'], { cwd: dir.path })
    renameSync(join(dir.path, 'other'), join(dir.path, 'out'))
    await checkAfter(dir.path, 'a swap without its end')
  })
})

test('files of others move on into the new output, from among the attempts too', async () => {
  await using dir = await tempDir()
  const out = join(dir.path, 'out')
  const answer = (id: string, more: object) =>
    `${JSON.stringify({ chunk: id, destination_uri: '/a', response_id: id, seq: 0, ...more })}\n`
  writeFileSync(join(dir.path, 'log.ndjson'), answer('r', {}) + answer('s', { supersedes: 'r' }))
  await textstream(['refresh', 'log.ndjson', '-o', 'out', '--attempts'], { cwd: dir.path })
  writeFileSync(join(out, '_attempts', 'a.txt', 'mine.txt'), 'mine')
  const { code, stderr } = await textstream(['refresh', 'log.ndjson', '-o', 'out'], { cwd: dir.path })
  const attempts = readdirSync(join(out, '_attempts'), { recursive: true }).sort()
  assert.deepEqual(
    { code, attempts, left: leftovers(dir.path) },
    { code: 0, attempts: ['a.txt', 'a.txt/mine.txt'], left: [] },
    stderr,
  )
})

test('a listing that was edited makes no refresh remove a file outside of its folder', async () => {
  await using dir = await tempDir()
  await prepare(dir.path)
  const listing = join(dir.path, 'out', '_documents.ndjson')
  const mine = join(dir.path, 'mine.txt')
  writeFileSync(mine, 'mine')
  writeFileSync(listing, readFileSync(listing, 'utf8').replaceAll('"file":"a.md.txt"', '"file":"../mine.txt"'))
  const { code } = await textstream(['refresh', 'log.ndjson', '-o', 'out'], { cwd: dir.path })
  assert.deepEqual({ code, mine: readFileSync(mine, 'utf8') }, { code: 0, mine: 'mine' })
})

test('a listing that is no listing any more costs nobody a file', async () => {
  await using dir = await tempDir()
  await prepare(dir.path)
  writeFileSync(join(dir.path, 'out', '_documents.ndjson'), 'rubbish\n')
  const { code, stderr } = await textstream(['refresh', 'log.ndjson', '-o', 'out'], { cwd: dir.path })
  assert.equal(code, 1)
  assert.match(stderr, /is as new, but .*\.out\.old" holds files that no refresh wrote/)
  assert.deepEqual(
    { now: contentOf(join(dir.path, 'out')), old: readFileSync(join(dir.path, '.out.old', 'a.md.txt'), 'utf8') },
    { now: 'new', old: 'old /a.md' },
  )
})
