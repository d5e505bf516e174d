import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'

const skip = spawnSync('strace', ['-V']).status === 0 ? false : 'needs strace'

const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'textstream-durable-')))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Says on descriptor 2 what happens: `ready`, when it has the writer, `ack`, when records are acknowledged. */
const script = `import { writeSync } from 'node:fs'
const [, url, dir] = process.argv
const { fileTopic } = await import(url)
const writer = await fileTopic(dir, { segmentBytesMax: 100 }).writer()
writeSync(2, 'ready')
const line = Buffer.from('x'.repeat(49) + '\\n')
for (let i = 0; i < 12; i++) {
  const again = i % 3 === 0 ? [] : [writer.append('/a', line)]
  await Promise.all([writer.append('/a', line), ...again])
  writeSync(2, 'ack')
}
await writer[Symbol.asyncDispose]()`

interface Call {
  readonly name: string
  readonly path: string
  readonly text: string
}

const callOf = (line: string): Call | undefined => {
  const found = /^\d+ +(?<name>\w+)\((?:AT_FDCWD<[^>]*>, )?(?:\d+<(?<fd>[^>]*)>|"(?<file>[^"]*)")(?<text>.*)$/.exec(
    line,
  )?.groups
  return found && { name: found.name, path: found.fd ?? found.file, text: found.text }
}

/** The calls in the order in which they came back; those that failed are left out. */
const callsIn = (trace: string): Call[] => {
  const pending = new Map<string, string>()
  return trace.split('\n').flatMap(line => {
    const [pid] = line.split(' ')
    if (line.endsWith('<unfinished ...>')) pending.set(pid, line)
    if (line.endsWith('<unfinished ...>') || / = -1 /.test(line)) return []
    const begun = line.includes(' resumed>') ? (pending.get(pid) ?? '') : line
    return callOf(begun) ?? []
  })
}

const trace = async (dir: string): Promise<Call[]> => {
  const url = new URL('./file.ts', import.meta.url).href
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  const out = `${dir}.trace`
  const strace = ['-f', '-qq', '-y', '-o', out, '-e', 'trace=openat,mkdir,write,writev,fsync,fdatasync']
  assert.equal(spawnSync('strace', [...strace, ...node, url, dir]).status, 0)
  return callsIn(await readFile(out, 'utf8'))
}

/** What a power cut would take: names and bytes that no sync has covered yet. */
const atRisk = (calls: readonly Call[], found: readonly string[]): { said: string; risk: string[] }[] => {
  const names = new Set<string>(found)
  const bytes = new Set<string>(found)
  return calls.flatMap(({ name, path, text }) => {
    if (name === 'mkdir' || (name === 'openat' && text.includes('O_CREAT') && path.endsWith('.ndjson'))) names.add(path)
    if (name.startsWith('write') && path.endsWith('.ndjson')) bytes.add(path)
    if (name.endsWith('sync')) bytes.delete(path)
    if (name === 'fsync') for (const child of names) if (dirname(child) === path) names.delete(child)
    const said = name === 'write' ? /^, "(ready|ack)"/.exec(text)?.[1] : undefined
    return said === undefined ? [] : [{ said, risk: [...names, ...bytes].map(child => basename(child)) }]
  })
}

const kept = ['ready', ...Array(12).fill('ack')].map(said => ({ said, risk: [] }))

test('whatever is acknowledged was synced before, its bytes and the names above them', { skip }, async t => {
  const calls = await trace(join(await tempDir(t), 'log'))
  assert.ok(
    calls.filter(({ name, text }) => name === 'openat' && text.includes('O_EXCL')).length > 6,
    'segments were rolled',
  )
  assert.deepEqual(atRisk(calls, []), kept)
})

test('what a new owner finds is synced before it has the right to append', { skip }, async t => {
  const dir = join(await tempDir(t), 'log')
  const found = join(dir, '00000000000000000000.ndjson')
  await mkdir(dir)
  await writeFile(found, 'one\n{"torn')
  assert.deepEqual(atRisk(await trace(dir), [found]), kept)
})
