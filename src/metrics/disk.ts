import { statfs } from 'node:fs/promises'
import type { Asked } from './declare.ts'

/** What is free for us, and what there is, of the disk that a folder lies on. A folder that is not there says nothing. */
export const watchDisk = (free: Asked, size: Asked, dir: string): Disposable => {
  const ask = async (blocks: 'bavail' | 'blocks') => {
    const disk = await statfs(dir).catch(() => undefined)
    return disk === undefined ? [] : [['', disk[blocks] * disk.bsize] as const]
  }
  const [ofFree, ofSize] = [free.from(() => ask('bavail')), size.from(() => ask('blocks'))]
  return {
    [Symbol.dispose]: () => {
      ofFree[Symbol.dispose]()
      ofSize[Symbol.dispose]()
    },
  }
}
