import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')
export const bin = join(root, 'bin/textstream')
const runMsMax = 60_000

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface How {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  readonly runMsMax?: number
}

/** A stranger's shell: nothing of npm's or the developer's environment but the way to the programs. */
export const plainEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, HOME: process.env.HOME })

/** Runs a program to its end; never throws for how it ended. */
export const execute = (program: string, args: readonly string[], how: How = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { cwd, env, input = '', runMsMax: timeout = runMsMax } = how
    const child = spawn(program, args, { cwd, env: { ...plainEnvironment(), ...env }, timeout })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', data => out.push(data))
    child.stderr.on('data', data => err.push(data))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', code =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
  })

export const textstream = (args: readonly string[], how?: How): Promise<Ran> => execute(bin, args, how)

export interface TempDir extends AsyncDisposable {
  readonly path: string
}

export const tempDir = async (): Promise<TempDir> => {
  const path = await mkdtemp(join(tmpdir(), 'textstream-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
