import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Garbage outside of V8's heap (the buffers that sockets are read into) that may gather. V8 by itself waits for 64 MiB. */
const garbageBytesMax = 8 * 1024 * 1024
const floorBytes = 16 * 1024 * 1024
const lookMs = 10

const collector = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}

/** Keeps a process that reads much through sockets small. What is in use is never the reason to collect once more. */
export const boundMemory = (): Disposable => {
  const collect = collector()
  let limit = floorBytes
  const look = () => {
    if (process.memoryUsage().arrayBuffers < limit) return
    collect()
    limit = Math.max(floorBytes, process.memoryUsage().arrayBuffers + garbageBytesMax)
  }
  const timer = setInterval(look, lookMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
