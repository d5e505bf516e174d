import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder } from '../std/durable.ts'
import { StreamError } from '../std/error.ts'
import { lock } from '../std/lock.ts'

const retryMs = 100

const isHeld = (thrown: unknown): thrown is StreamError => thrown instanceof StreamError && thrown.code === 'lock/held'

/** Takes the lock `folder/.lock`; while another process holds it, waits for at most `waitMsMax`. */
export const lockFolder = async (
  folder: string,
  waitMsMax: number,
  onWait: (why: string) => void,
): Promise<AsyncDisposable> => {
  await makeFolder(folder)
  const until = performance.now() + waitMsMax
  for (let tries = 0; ; tries++) {
    try {
      return await lock(`${folder}/.lock`)
    } catch (thrown) {
      if (!isHeld(thrown) || performance.now() > until) throw thrown
      if (tries === 0) onWait(thrown.message)
      await sleep(retryMs)
    }
  }
}
