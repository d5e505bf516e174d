import { getText } from '../http.ts'
import type { Ports } from '../part.ts'
import { loopback } from '../port.ts'

interface Master {
  readonly status: string
  readonly workers: readonly { readonly id: string; readonly state: string }[]
}

const stateOf = async <T>(port: number, signal: AbortSignal): Promise<T> =>
  JSON.parse(await getText(`http://${loopback}:${port}/json/`, signal))

export const sparkMaster = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const { status } = await stateOf<Master>(ports['spark-master-http'], signal)
  if (status !== 'ALIVE') throw new Error(`it is ${status}`)
}

/** The master gives it work. */
export const sparkWorker = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const { id } = await stateOf<{ id: string }>(ports['spark-worker-http'], signal)
  const { workers } = await stateOf<Master>(ports['spark-master-http'], signal)
  if (!workers.some(worker => worker.id === id && worker.state === 'ALIVE'))
    throw new Error('the master does not know it')
}
