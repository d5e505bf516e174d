import { once } from 'node:events'
import { connect } from 'node:net'
import type { Ports } from '../part.ts'
import { loopback } from '../port.ts'

export const hiveServer = async ({ hiveserver2 }: Ports, signal: AbortSignal): Promise<void> => {
  const socket = connect({ port: hiveserver2, host: loopback, signal })
  await once(socket, 'connect')
  socket.destroy()
}
