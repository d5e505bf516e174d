import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FastifyReply } from 'fastify'
import { StreamError } from '../std/error.ts'
import type { Rebuilt } from './rebuild.ts'

interface Part {
  readonly from: number
  readonly to: number
}

/** RFC 9110, 14: one range of bytes; anything else is answered with the whole. */
const partOf = (range: string | undefined, bytes: number): Part | undefined => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, first, last] = match
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const to = first === '' || last === '' ? bytes : Math.min(bytes, Number(last) + 1)
  if (from < to) return { from, to }
  throw new StreamError('web/range', `the text has ${bytes} bytes`)
}

/** The text's bytes, as text and nothing else, whatever they are. */
export const sendText = async (reply: FastifyReply, { textPath, bytes, row }: Rebuilt): Promise<void> => {
  const part = partOf(reply.request.headers.range, bytes)
  const { from, to } = part ?? { from: 0, to: bytes }
  const file = await open(textPath)
  const mark = row === undefined ? undefined : `${bytes}-${row.sha256.slice(0, 16)}`
  reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').header('accept-ranges', 'bytes')
  if (mark !== undefined) reply.header('x-event-id', mark).header('etag', `"${mark}"`)
  if (part !== undefined) reply.code(206).header('content-range', `bytes ${from}-${to - 1}/${bytes}`)
  reply.header('content-length', to - from)
  if (from === to) {
    await file.close()
    reply.send('')
  } else reply.send(createReadStream('', { fd: file, start: from, end: to - 1 }))
}
