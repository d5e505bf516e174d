/**
 * Writes installations/hadoop/classes.lst anew: what its daemons, its job client and the JVMs of two small jobs load
 * and Java does not archive by itself. `node tools/list-classes.ts`
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { down } from '../src/stack/down.ts'
import { foldersFrom } from '../src/stack/folders.ts'
import { hadoopHere } from '../src/stack/hadoop/here.ts'
import { findJava } from '../src/stack/installed.ts'
import { hadoop } from '../src/stack/parts/hadoop.ts'
import { partsOf } from '../src/stack/parts.ts'
import { installations } from '../src/stack/place.ts'
import type { Stack } from '../src/stack/stack.ts'
import { up } from '../src/stack/up.ts'

const run = promisify(execFile)
const portOffset = 12_000
const root = mkdtempSync(join(tmpdir(), 'textstream-classes-'))
const lists = join(root, 'lists')
const listing = `-XX:DumpLoadedClassList=${lists}/%p.lst`
const environment = { ...process.env, TEXTSTREAM_STATE: join(root, 'state') }
const stack: Stack = {
  parts: partsOf(hadoop),
  folders: foldersFrom(environment),
  environment,
  tell: event => process.stderr.write(`${JSON.stringify(event)}\n`),
}

const job = async (output: string, ...io: string[]) => {
  const { java, javaOptions, conf } = (await hadoopHere(stack.folders, environment))!
  const forTasks = ['yarn.app.mapreduce.am.command-opts', 'mapreduce.map.java.opts', 'mapreduce.reduce.java.opts']
  const settings = forTasks.flatMap(name => ['-D', `${name}=-Xmx384m ${listing}`])
  const cat = ['-mapper', '/bin/cat', '-reducer', '/bin/cat', '-input', '/input', '-output', output]
  const main = 'org.apache.hadoop.streaming.HadoopStreaming'
  const args = [...javaOptions, listing, main, ...settings, ...cat, ...io]
  await run(java, args, { env: { ...environment, HADOOP_CONF_DIR: conf } })
}

const put = async () => {
  const { java, javaOptions } = (await hadoopHere(stack.folders, environment))!
  const input = join(root, 'input')
  writeFileSync(input, 'one\ntwo\n')
  await run(java, [...javaOptions, listing, 'org.apache.hadoop.fs.FsShell', '-put', input, '/input'])
}

/** Made while it runs, or by Java for its own: nothing that another run could find. */
const isPassing = (line: string) => /^#| source: |\$\$FastClass|jdk\/proxy|com\/sun\/proxy|^@lambda-form/.test(line)

try {
  mkdirSync(lists)
  await up(stack, ['hadoop'], { portOffset, fresh: false, javaOptions: [listing] })
  await put()
  await job('/text')
  await job('/raw', '-io', 'rawbytes')
  const { home } = await findJava(environment)
  const known = new Set(readFileSync(join(home, 'lib/classlist'), 'utf8').split('\n'))
  const lines = readdirSync(lists).flatMap(name => readFileSync(join(lists, name), 'utf8').split('\n'))
  const wanted = [...new Set(lines)].filter(line => line !== '' && !known.has(line) && !isPassing(line))
  writeFileSync(
    join(installations, 'hadoop/classes.lst'),
    wanted
      .sort()
      .map(line => `${line}\n`)
      .join(''),
  )
} finally {
  await down(stack, [], { wipe: true })
  rmSync(root, { recursive: true, force: true })
}
