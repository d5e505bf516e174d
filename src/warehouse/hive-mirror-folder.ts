import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lock } from '../std/lock.ts'

const prefix = 'mirror-'
/** A folder that was just made may not be locked yet. */
const restMsMin = 60_000

/** A folder for what may be lost with this process. */
export interface MirrorFolder extends AsyncDisposable {
  readonly path: string
}

const lockIn = (dir: string) => join(dir, '.lock')

/** Who was killed holds its lock no longer. Nobody opens the lock of a process that lives but through `lock`. */
const removeLeft = async (dir: string): Promise<void> => {
  if (Date.now() - (await stat(dir)).mtimeMs < restMsMin) return
  await using _ = await lock(lockIn(dir))
  await rm(dir, { recursive: true, force: true })
}

/** Best effort: what is in use, or may not be removed, stays. */
const sweep = async (root: string) => {
  for (const name of await readdir(root))
    if (name.startsWith(prefix)) await removeLeft(join(root, name)).catch(() => {})
}

/** In `root`, of this process alone, and gone when it is disposed of. Removes what processes left there that were killed. */
export const openMirrorFolder = async (root: string): Promise<MirrorFolder> => {
  await mkdir(root, { recursive: true })
  await sweep(root)
  const path = await mkdtemp(join(root, prefix))
  const held = await lock(lockIn(path))
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true }).catch(() => {})
      await held[Symbol.asyncDispose]()
    },
  }
}
