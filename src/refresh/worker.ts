import { parentPort, workerData } from 'node:worker_threads'
import { type Order, packError } from './crew.ts'
import { phases } from './phases.ts'

const port = parentPort
if (port === null) throw new Error('this file is the start of a worker thread')

port.on('message', ({ phase, task }: Order) => {
  if (phase === 'end') return port.close()
  try {
    port.postMessage({ result: phases[phase as keyof typeof phases](task as never, workerData.thread) })
  } catch (thrown) {
    port.postMessage(packError(thrown))
  }
})
