import assert from 'node:assert/strict'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { foldersFrom } from '../../src/stack/folders.ts'
import { hadoop as part } from '../../src/stack/parts/hadoop.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { freePortOffset, kafkaSkip, smallJava } from './kafka-broker.ts'
import { bin, execute, root, tempDir, textstream } from './textstream.ts'

const stackPage = join(root, 'docs/stack.md')
const hadoopPage = join(root, 'docs/hadoop.md')

const blocksOf = (markdown: string) =>
  [...markdown.matchAll(/^```sh test\n(.*?)^```$/gms)].map(({ 1: shell, index }) => ({
    line: markdown.slice(0, index).split('\n').length,
    shell,
  }))

test('docs/stack.md says what works: its marked blocks run, in order', { skip: await kafkaSkip() }, async t => {
  await using dir = await tempDir()
  const offset = await freePortOffset(9092, 9093, 9308)
  await mkdir(join(dir.path, 'bin'))
  await symlink(bin, join(dir.path, 'bin/textstream'))
  const env = {
    PATH: `${dir.path}/bin:${process.env.PATH}`,
    TEXTSTREAM_STATE: join(dir.path, 'state'),
    TEXTSTREAM_CACHE: join(foldersFrom(process.env).cache, '..'),
    TEXTSTREAM_PORT_OFFSET: String(offset),
    TEXTSTREAM_KAFKA_BROKER_PORT: String(9092 + offset),
    TEXTSTREAM_JAVA_OPTIONS: smallJava.join(' '),
  }
  await using _ = { [Symbol.asyncDispose]: async () => void (await textstream(['stack', 'down'], { env })) }
  const blocks = blocksOf(await readFile(stackPage, 'utf8'))
  assert.ok(blocks.length >= 4, 'the page has lost its runnable blocks')
  for (const { line, shell } of blocks) {
    await t.test(`docs/stack.md:${line}`, async () => {
      const onOurPort = shell.replaceAll('9308', String(9308 + offset))
      const { code, stdout, stderr } = await execute('bash', ['-euo', 'pipefail', '-c', onOurPort], { env })
      assert.equal(code, 0, `${shell}\n${stdout}${stderr}`)
    })
  }
})

const { skip, hadoop } = await hadoopOrSkip()

test('docs/hadoop.md says what works: its marked blocks run, in order, where Hadoop is up', { skip }, async t => {
  await using dir = await tempDir()
  await mkdir(join(dir.path, 'bin'))
  await symlink(bin, join(dir.path, 'bin/textstream'))
  const env = {
    ...hadoop!.environment,
    PATH: `${dir.path}/bin:${process.env.PATH}`,
    TEXTSTREAM_PORT_OFFSET: String(hadoop!.ports.namenode - part.ports.namenode),
  }
  const blocks = blocksOf(await readFile(hadoopPage, 'utf8'))
  assert.ok(blocks.length >= 1, 'the page has lost its runnable blocks')
  for (const { line, shell } of blocks) {
    await t.test(`docs/hadoop.md:${line}`, async () => {
      const how = { env, cwd: dir.path, runMsMax: 100_000 }
      const { code, stdout, stderr } = await execute('bash', ['-euo', 'pipefail', '-c', shell], how)
      assert.equal(code, 0, `${shell}\n${stdout}${stderr}`)
    })
  }
})

test('docs/hadoop.md names all ports that Hadoop takes', async () => {
  const text = await readFile(hadoopPage, 'utf8')
  for (const port of Object.values(part.ports)) assert.match(text, new RegExp(`^\\|.*\\b${port}\\b`, 'm'))
})
