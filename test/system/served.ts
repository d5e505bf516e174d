import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { bin, plainEnvironment } from './textstream.ts'

export interface ServedTexts extends AsyncDisposable {
  readonly port: string
}

/** `textstream source` on a folder, on a free port, slowly if told to. */
export const serve = async (dir: string, ...more: string[]): Promise<ServedTexts> => {
  const child = spawn(bin, ['source', '-d', dir, '-p', '0', '--json', ...more], { env: plainEnvironment() })
  const [line] = await once(child.stdout, 'data')
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  return { port: new URL(JSON.parse(String(line)).url).port, [Symbol.asyncDispose]: stop }
}
