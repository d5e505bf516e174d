import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { StreamError } from '../src/std/error.ts'
import { outputOf, type Program } from './measure.ts'

/** What a process that still runs has cost until now. */
export interface Spent {
  readonly cpuSeconds: number
  readonly peakMiB: number
}

const startMsMax = 10_000
const stopMsMax = 10_000

/** A program that says as its first line, in JSON, at which `url` it serves; it ends with the scope. */
export class Served implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start({ program, args }: Program): Promise<Served> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const lines = createInterface({ input: child.stdout })
    try {
      const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(startMsMax) })
      return new Served(child, JSON.parse(line).url)
    } catch (cause) {
      child.kill()
      const message = `start "${[program, ...args].join(' ')}": it did not say where it serves`
      throw new StreamError('bench/failed', message, { cause })
    }
  }

  /** From /proc: the process itself, not what it started. */
  async spent(): Promise<Spent> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8')
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const peakKiB = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1])
    return { cpuSeconds: ticks / Number(await outputOf('getconf', 'CLK_TCK')), peakMiB: peakKiB / 1024 }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopMsMax)
    this.#child.kill('SIGTERM')
    await closed
    clearTimeout(timer)
  }
}
