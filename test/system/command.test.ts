import assert from 'node:assert/strict'
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { bin, execute, root, tempDir, textstream } from './textstream.ts'

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

const ran: Record<string, [argv: string[], code: number, stdout: RegExp, stderr: RegExp]> = {
  'says its version': [['--version'], 0, new RegExp(`^${version}\n$`), /^$/],
  'helps on stdout when asked': [['--help'], 0, /Usage: textstream COMMAND/, /^$/],
  'takes "help" for --help': [['help'], 0, /Usage: textstream COMMAND/, /^$/],
  'takes "help NAME" for NAME --help': [['help', 'books'], 0, /Usage: textstream books/, /^$/],
  'helps on stderr when nothing was asked': [[], 2, /^$/, /Usage: textstream COMMAND/],
  'suggests the command that was meant': [['prodce'], 2, /^$/, /unknown command 'prodce'\n\(Did you mean produce\?\)/],
  'refuses a command called like a method of objects': [['constructor'], 2, /^$/, /unknown command 'constructor'/],
  'refuses an unknown option': [['--jsno'], 2, /^$/, /^textstream: unknown option '--jsno'/],
  'suggests the option that was meant': [['books', '--lag', 'x'], 2, /^$/, /Did you mean --log/],
  'takes HDFS for no folder': [
    ['demo', '--dir', 'hdfs:///y'],
    2,
    /^$/,
    /"hdfs:\/\/\/y" is no file or folder here; textstream hdfs get and put/,
  ],
  'says how HDFS is written': [['hdfs', 'ls', 'webhdfs://y/'], 2, /^$/, /write it as hdfs:\/\/host:port\/path/],
  'takes no topic of Kafka for a folder': [
    ['produce', '-', '-l', 'kafka://host/topic'],
    2,
    /^$/,
    /"kafka:\/\/host\/topic" is no folder; produce takes Kafka as -k host:port -t topic/,
  ],
  'takes any uri for a document': [
    ['cat', 'hdfs:///y', '--from', '/nowhere'],
    2,
    /^$/,
    /^textstream: (?!.*later release).*\/nowhere/,
  ],
  'says what keeps a log from being made': [
    ['produce', '-', '-l', '/proc/x'],
    1,
    /^$/,
    /"\/proc\/x" cannot be written to/,
  ],
  'says what keeps an output from being made': [['refresh', bin, '-o', '/proc/x'], 1, /^$/, /"\/proc\/\.x\.lock"/],
  'needs a topic for a table of Hive': [['consume', '--hive-table', 't'], 2, /^$/, /nothing to read/],
}

for (const [name, [argv, code, stdout, stderr]] of Object.entries(ran)) {
  test(name, async () => {
    const result = await textstream(argv)
    assert.equal(result.code, code, result.stderr)
    assert.match(result.stdout, stdout)
    assert.match(result.stderr, stderr)
  })
}

test('says that its output cannot be written, without a stack', async () => {
  for (const argv of ['--version', '--help', 'cat --help']) {
    const { code, stderr } = await execute('sh', ['-c', `exec '${bin}' ${argv} > /dev/full`])
    assert.match(stderr, /^textstream: write to standard output: ENOSPC[^\n]*\n$/, argv)
    assert.equal(code, 1, argv)
  }
})

test('runs through a chain of symbolic links', async () => {
  await using dir = await tempDir()
  await symlink(bin, join(dir.path, 'first'))
  await symlink('first', join(dir.path, 'second'))
  const { stdout } = await execute(join(dir.path, 'second'), ['--version'])
  assert.equal(stdout, `${version}\n`)
})

test('runs by a relative path, whatever CDPATH says', async () => {
  const { stdout, stderr } = await execute('bash', ['-c', `cd '${root}' && CDPATH=/ bin/textstream --version`])
  assert.deepEqual({ stdout, stderr }, { stdout: `${version}\n`, stderr: '' })
})

test('runs without a home, and where no cache can be kept', async () => {
  for (const env of [{ HOME: '' }, { HOME: '/proc' }, { HOME: '/dev/null' }]) {
    assert.equal((await textstream(['--version'], { env })).stdout, `${version}\n`)
  }
})

/** A checkout without node_modules, and a PATH whose `node` claims to be an old one. */
const withOldNode = async (path: string) => {
  await mkdir(join(path, 'checkout/bin'), { recursive: true })
  await copyFile(bin, join(path, 'checkout/bin/textstream'))
  await writeFile(join(path, 'node'), '#!/bin/sh\necho 20\n')
  await chmod(join(path, 'node'), 0o755)
  return execute(join(path, 'checkout/bin/textstream'), ['--version'], { env: { PATH: `${path}:/usr/bin:/bin` } })
}

test('says what to do where there is only an old node', async () => {
  await using dir = await tempDir()
  const { code, stderr } = await withOldNode(dir.path)
  assert.equal(code, 1)
  assert.match(stderr, /^textstream: needs Node 24 or newer, found .*node \(Node 20\); run 'npm ci' in/)
})

test('ends quietly when the reader of its output goes away', async () => {
  const { code, stderr } = await execute('bash', ['-c', `set -o pipefail; '${bin}' --help | true`])
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
})

test('fails when its output cannot be written', async () => {
  const { code, stderr } = await execute('bash', ['-c', `'${bin}' --help > /dev/full`])
  assert.equal(code, 1)
  assert.match(stderr, /^textstream: write to standard output: ENOSPC/)
})

const tellLoads = `import { registerHooks } from 'node:module'
import { writeSync } from 'node:fs'
registerHooks({ load: (url, context, next) => (writeSync(2, url + '\\n'), next(url, context)) })`

const loadedBy = async (...argv: string[]): Promise<string[]> => {
  const hook = `data:text/javascript,${encodeURIComponent(tellLoads)}`
  const { stderr } = await execute(process.execPath, ['--import', hook, join(root, 'src/cli/main.ts'), ...argv])
  return stderr.split('\n').filter(line => line.startsWith('file:'))
}

const packagesOf = (urls: readonly string[]) => [
  ...new Set(urls.flatMap(url => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])),
]

test('loads nothing but itself to say its version', async () => {
  const urls = await loadedBy('--version')
  assert.deepEqual(packagesOf(urls), [])
  assert.ok(urls.length <= 5, urls.join('\n'))
})

test('loads no server and no schemas to refresh', async () => {
  await using dir = await tempDir()
  await writeFile(join(dir.path, 'log.ndjson'), '{"chunk":"a","destination_uri":"/a.md"}\n')
  const urls = await loadedBy('refresh', join(dir.path, 'log.ndjson'), '-o', join(dir.path, 'out'))
  assert.ok(urls.some(url => url.endsWith('/src/refresh/refresh.ts')))
  assert.deepEqual(packagesOf(urls), ['commander'])
})
