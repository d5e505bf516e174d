import { connect } from 'node:net'
import type { Ports } from '../part.ts'
import { loopback } from '../port.ts'

const answerBytesMax = 64 * 1024

/** A call of Thrift's binary protocol that has no arguments. */
const call = (name: string): Buffer => {
  const bytes = Buffer.alloc(4 + 4 + name.length + 4 + 1)
  bytes.writeUInt32BE(0x80010001, 0)
  bytes.writeInt32BE(name.length, 4)
  bytes.write(name, 8, 'latin1')
  return bytes
}

/** It lists the databases, which it must look up in PostgreSQL; one is always there. */
export const metastore = async (ports: Ports, signal: AbortSignal): Promise<void> => {
  const socket = connect({ port: ports.metastore, host: loopback, signal })
  try {
    socket.write(call('get_all_databases'))
    let answer = ''
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      answer += bytes.toString('latin1')
      if (answer.includes('default')) return
      if (answer.length > answerBytesMax) throw new Error('it answers at length, and names no database "default"')
      if (answer.charCodeAt(3) === 3) throw new Error(`it refuses: ${answer.replace(/[^ -~]+/g, ' ').trim()}`)
    }
    throw new Error('it hangs up')
  } finally {
    socket.destroy()
  }
}
