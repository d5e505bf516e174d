/**
 * A source whose every chunk says when it was sent: `node bench/pacer.ts STREAMS CHUNKS_PER_SECOND SECONDS`. The clock is
 * the machine's monotonic one in microseconds, which all processes share. Says where it serves as a line of JSON.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const microsNow = (): number => Number(process.hrtime.bigint() / 1000n)

const nameOf = (number: number) => `stream-${String(number).padStart(4, '0')}.txt`

/** Writes what is due, and comes back when the next one is: a late timer is caught up with, the pace stays. */
const pace = (answer: ServerResponse, chunks: number, microsBetween: number) => {
  const began = microsNow() + Math.random() * microsBetween
  let sent = 0
  const send = () => {
    if (answer.destroyed) return
    for (; sent < chunks && began + sent * microsBetween <= microsNow(); sent++) {
      answer.write(`{"chunk":"${microsNow()} "}\n`)
    }
    if (sent === chunks) return void answer.end()
    setTimeout(send, Math.max(0, (began + sent * microsBetween - microsNow()) / 1000))
  }
  send()
}

const serve = ([streams, rate, seconds]: readonly number[]) => {
  const files = Array.from({ length: streams }, (_, number) => nameOf(number))
  const server = createServer((question, answer) => {
    answer.setHeader('content-type', 'application/json')
    if (question.url?.startsWith('/list_files')) return answer.end(JSON.stringify({ files }))
    answer.flushHeaders()
    pace(answer, rate * seconds, 1e6 / rate)
  })
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`)
  })
}

if (import.meta.main) serve(process.argv.slice(2).map(Number))
