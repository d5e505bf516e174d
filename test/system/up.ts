import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { bin, plainEnvironment } from './textstream.ts'

const startMsMax = 20_000

/** `textstream up` as a process of its own. */
export interface UpProcess extends AsyncDisposable {
  readonly url: string
  readonly child: ChildProcess
  stderr(): string
  /** Ends it, and gives its exit code; none after SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Waits until it listens; throws what it said if it does not. */
export const startUp = async (
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<UpProcess> => {
  const environment = { ...plainEnvironment(), TEXTSTREAM_CONFIG: '', TEXTSTREAM_STATE: `${cwd}/state`, ...env }
  const child = spawn(bin, ['up', '--json', '--port', '0', ...args], { cwd, env: environment })
  let [out, err] = ['', '']
  child.stderr.on('data', data => (err += data))
  const exited = once(child, 'exit')
  const said = new Promise<string>(resolve => {
    child.stdout.on('data', data => {
      out += data
      if (out.includes('\n')) resolve(out)
    })
  })
  const late = setTimeout(() => child.kill('SIGKILL'), startMsMax)
  const first = await Promise.race([said, exited.then(() => undefined)])
  clearTimeout(late)
  if (first === undefined) throw new Error(`exit ${child.exitCode}: ${err}`)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await exited
    }
    return child.exitCode
  }
  return {
    url: (JSON.parse(first) as { url: string }).url,
    child,
    stderr: () => err,
    end,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  }
}
