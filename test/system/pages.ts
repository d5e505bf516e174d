import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { bin, plainEnvironment, root, tempDir } from './textstream.ts'

const blockMsMax = 30_000

interface Block {
  readonly line: number
  readonly shell: string
}

/** A block opens with "```sh test"; its line in the file says where a stale one stands. */
const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```sh test\n(.*?)^```$/gms)].map(({ 1: shell, index }) => ({
    line: markdown.slice(0, index).split('\n').length,
    shell,
  }))

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** In a process group of its own, so that nothing that a block started outlives it. */
const runBlock = async (shell: string, cwd: string, PATH: string, msMax: number) => {
  const script = `set -euo pipefail\n${shell}`
  const child = spawn('bash', ['-c', script], { cwd, detached: true, env: { ...plainEnvironment(), PATH } })
  const said: Buffer[] = []
  child.stdout.on('data', data => said.push(data))
  child.stderr.on('data', data => said.push(data))
  const killGroup = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {} // it is gone already
  }
  const timer = setTimeout(killGroup, msMax)
  const [code] = await once(child, 'exit')
  clearTimeout(timer)
  killGroup()
  return { code, said: Buffer.concat(said).toString() }
}

/** Runs the marked blocks of a page of the project, in order, in an empty folder; `adapt` moves what they name. */
export const runPage = async (
  t: TestContext,
  page: string,
  blocksMin: number,
  adapt: (shell: string) => string,
  msMax = blockMsMax,
) => {
  await using dir = await tempDir()
  await mkdir(join(dir.path, 'bin'))
  await symlink(bin, join(dir.path, 'bin/textstream'))
  await symlink(join(root, 'examples'), join(dir.path, 'examples'))
  const blocks = blocksOf(await readFile(join(root, page), 'utf8'))
  assert.ok(blocks.length >= blocksMin, `${page} has lost its runnable blocks`)
  for (const { line, shell } of blocks) {
    await t.test(`${page}:${line}`, async () => {
      const { code, said } = await runBlock(adapt(shell), dir.path, `${dir.path}/bin:${process.env.PATH}`, msMax)
      assert.equal(code, 0, `${shell}\n${said}`)
    })
  }
}
