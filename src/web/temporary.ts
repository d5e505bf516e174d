import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'textstream-up-'
/** What a process left behind that was killed; one of another container may live, so it must have rested, too. */
const restMsMin = 60 * 60 * 1000

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

const isLeft = (name: string): boolean => {
  const pid = /^textstream-up-(\d+)-/.exec(name)?.[1]
  if (pid === undefined || isAlive(Number(pid))) return false
  const stat = statSync(join(tmpdir(), name), { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > restMsMin
}

/** Best effort: what may not be removed stays. */
const sweep = () => {
  for (const name of readdirSync(tmpdir())) {
    try {
      if (name.startsWith(prefix) && isLeft(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {}
  }
}

/** A folder for what may be lost with this process. */
export const temporaryFolder = (): string => {
  sweep()
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
}
