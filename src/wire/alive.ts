import { errnoOf } from '../std/error.ts'

/** Whether a process of this machine still runs, whosoever it is. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return errnoOf(thrown) === 'EPERM'
  }
}
