import { parentPort, workerData } from 'node:worker_threads'
import { openTopic } from '../pipeline.ts'
import { reasonOf, StreamError } from '../std/error.ts'
import type { Ask, Told } from './archive.ts'
import { rebuild } from './rebuild.ts'

const topic = await openTopic((workerData as { from: string }).from)

const answer = async ({ id, request }: Ask): Promise<Told> => {
  try {
    return { id, rebuilt: await rebuild(topic, request) }
  } catch (thrown) {
    const code = thrown instanceof StreamError ? thrown.code : 'web/rebuild'
    return { id, failed: { code, message: reasonOf(thrown) } }
  }
}

let turn: Promise<void> = Promise.resolve()
parentPort!.on('message', (ask: Ask) => {
  turn = turn.then(async () => parentPort!.postMessage(await answer(ask)))
})
