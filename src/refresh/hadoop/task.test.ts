import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hadoopTasks, type Order } from '../../../test/system/hadoop-tasks.ts'
import { filesBelow } from '../../../test/system/rebuild.ts'
import { tempDir } from '../../../test/system/textstream.ts'
import { inline } from '../inline.ts'
import { openInputs } from '../inputs.ts'
import { bundledTask } from './bundle.ts'

const dir = await tempDir()
after(() => dir[Symbol.asyncDispose]())
const program = await bundledTask(dir.path)

/** The oldest Node that a cluster may have, where this machine has it. */
const nodes = [process.execPath, '/usr/bin/node'].filter(path => existsSync(path))

/** As Hadoop Streaming runs it: in a folder of its own, with what was shipped. */
const run = (node: string, order: Order, words: readonly string[], partition: number) => {
  const cwd = join(order.folder, `work-${words[0]}-${partition}`)
  mkdirSync(cwd, { recursive: true })
  writeFileSync(join(cwd, 'inputs.json'), JSON.stringify(order.inputs))
  const env = { mapreduce_task_partition: String(partition), TMPDIR: cwd }
  const { status, stderr } = spawnSync(node, [program, ...words], {
    stdio: [order.input, order.output, 'pipe'],
    cwd,
    env,
  })
  assert.equal(status, 0, stderr.toString())
  assert.deepEqual(readdirSync(cwd), ['inputs.json'])
  return stderr.toString()
}

const records = Array.from({ length: 400 }, (_, n) => ({
  destination_uri: `/${n % 5}`,
  chunk: `${n} é\n`,
  event_time: `2026-01-01T00:00:00.000${String(n).padStart(3, '0')}Z`,
}))
const log = Buffer.from(`${records.map(record => JSON.stringify(record)).join('\n')}\nrubbish\n`)

for (const node of nodes) {
  test(`the program does the same in processes of its own, with ${node}`, async () => {
    await using own = await tempDir()
    const folders = ['out', 'expected', 'scratch', 'scratch2'].map(name => join(own.path, name))
    for (const folder of folders) mkdirSync(folder)
    const [out, expected, scratch, scratch2] = folders
    writeFileSync(join(own.path, 'a.ndjson'), log)
    const inputs = await openInputs([join(own.path, 'a.ndjson')], scratch)
    const job = { inputs, attempts: true, threads: 1, progress: () => {} }
    const said: string[] = []
    const work = {
      ...{ splitBytes: log.length / 2, pieceBytes: 5000, reducers: 2, packed: () => false },
      map: (order: Order) => said.push(run(node, order, ['map'], 0)),
      reduce: (order: Order & { readonly partition: number }) =>
        said.push(run(node, order, ['reduce', '--attempts'], order.partition)),
    }
    const ran = await hadoopTasks(work).run({ ...job, out, scratch })
    assert.deepEqual(ran, await inline.run({ ...job, out: expected, scratch: scratch2 }))
    assert.deepEqual(filesBelow(out), filesBelow(expected))
    assert.match(said[1], /^reporter:counter:textstream,malformed,1$/m)
    assert.match(said.at(-1)!, /^reporter:counter:textstream,documents,\d$/m)
  })
}

const started = (words: readonly string[]) => {
  writeFileSync(join(dir.path, 'inputs.json'), JSON.stringify([{ path: 'x', name: 'x', base: 0, size: 9 }]))
  const child = spawn(process.execPath, [program, ...words], { cwd: dir.path, env: {} })
  const errors: Buffer[] = []
  child.stderr.on('data', piece => errors.push(piece))
  const end = async () => {
    const [code] = await once(child, 'close')
    return { code, errors: Buffer.concat(errors).toString() }
  }
  return { child, end }
}

const faults: Record<string, readonly [words: readonly string[], given: Buffer, says: RegExp]> = {
  'an input that was cut': [['map'], Buffer.of(0, 0, 0, 5, 1), /^textstream: the input ends within a record/m],
  'a word that is none of its own': [['sort'], Buffer.alloc(0), /^textstream: task sort: it is map or reduce$/m],
  'a reducer that does not know which it is': [['reduce'], Buffer.alloc(0), /^textstream: mapreduce_task_partition/m],
}

for (const [what, [words, given, says]] of Object.entries(faults)) {
  test(`a task fails, and says so in a line of ours: ${what}`, async () => {
    const { child, end } = started(words)
    child.stdin.end(given)
    const { code, errors } = await end()
    assert.equal(code, 1)
    assert.match(errors, says)
  })
}
