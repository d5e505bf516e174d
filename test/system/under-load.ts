import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, plainEnvironment, root } from './textstream.ts'

const copies = 4
const saidMsMax = 20_000
const texts = join(root, 'examples/texts')

/** The sample texts, several times. */
export const manyTexts = async (dir: string): Promise<string> => {
  await mkdir(dir)
  for (const name of await readdir(texts))
    for (let copy = 0; copy < copies; copy++) await cp(join(texts, name), join(dir, `${copy}-${name}`))
  return dir
}

export interface Running extends AsyncDisposable {
  /** The first thing that it says on either output that looks like this. */
  said(pattern: RegExp): Promise<string>
}

interface Surroundings {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

/** A program that goes on until it is disposed of. */
export const startProgram = (program: string, args: readonly string[], { cwd, env }: Surroundings): Running => {
  const around = { ...plainEnvironment(), ...env }
  const child: ChildProcess = spawn(program, args, { cwd, env: around, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', data => (text += data))
  return {
    said: async pattern => {
      for (const until = performance.now() + saidMsMax; performance.now() < until; await sleep(20)) {
        const found = pattern.exec(text)
        if (found !== null) return found[1]
        if (child.exitCode !== null) break
      }
      throw new Error(`${program} ${args.join(' ')} never said ${pattern}; it said: ${text}`)
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, 'close')
      if (child.exitCode !== null || !child.kill()) return
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await closed
      clearTimeout(kill)
    },
  }
}

/** A command of ours. */
export const start = (args: readonly string[], cwd: string): Running => startProgram(bin, args, { cwd })

export const metricsAt = (running: Running): Promise<string> => running.said(/metrics at http:\/\/([^/\s]+)\/metrics/)

/** Does it again and again, whether or not it works, until disposed of. */
export const everyNow = (ms: number, act: (round: number) => Promise<unknown>): Disposable => {
  let round = 0
  const timer = setInterval(() => void act(round++).catch(() => {}), ms)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
