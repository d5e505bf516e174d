import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const endMsMax = 60_000

/** Starts a program, given as text, in a process group of its own; under strace with these options, if there are any. */
export const startProgram = (text: string, args: readonly string[], strace: readonly string[] = []): ChildProcess => {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', text]
  const traced = strace.length === 0 ? [] : ['strace', '-f', '-qq', '-o', '/dev/null', ...strace]
  const [command, ...rest] = [...traced, ...node, ...args]
  // One thread, so that strace's count of calls (it counts per thread) is nearly the count of all.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  return spawn(command, rest, { stdio: ['pipe', 'ignore', 'inherit'], env, detached: true })
}

/** The process, and under strace the one that it traces. */
export const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  process.kill(-child.pid!, 'SIGKILL')
  await exit
}

/** Waits for its end, but not for ever. */
export const ended = async (child: ChildProcess): Promise<void> => {
  const timer = setTimeout(() => kill(child), endMsMax)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  clearTimeout(timer)
}

/** What a program noted, a line of JSON each, before it was killed. */
export const notesIn = <T>(path: string): T[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line))
    : []

/** A disk of its own; undefined without the right to mount one. */
export const tmpfs = async (t: TestContext, size: string): Promise<string | undefined> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', dir]).status === 0
  t.after(async () => {
    if (mounted) execFileSync('umount', ['-l', dir])
    await rmdir(dir)
  })
  return mounted ? dir : undefined
}
