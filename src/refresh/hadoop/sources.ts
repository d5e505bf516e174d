import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { StreamError } from '../../std/error.ts'
import { harmless } from '../../std/terminal.ts'
import type { Hdfs } from '../../wire/hdfs.ts'
import { headBytes, type Input, packedAs } from '../inputs.ts'

const usage = (message: string) => new StreamError('refresh/usage', message)

const noZstd = ({ name }: Input) =>
  usage(
    `refresh -r hadoop "${harmless(name)}": it is packed with zstd, which many a Hadoop cannot unpack; unpack it (zstd -d) or pack it with gzip, or refresh -r local, which reads it`,
  )

const badName = ({ name }: Input) =>
  usage(
    `refresh -r hadoop "${harmless(name)}": it is packed with gzip, and Hadoop unpacks what is called *.gz; rename it`,
  )

/** What can be said by its name alone, before anything is begun. */
export const checkName = (input: Input): void => {
  if (input.hdfs !== undefined && input.name.endsWith('.zst')) throw noZstd(input)
}

const checkHead = (input: Input, head: Buffer): void => {
  const packing = packedAs(head)
  if (packing === 'zstd') throw noZstd(input)
  if (packing === 'gzip' && !input.name.endsWith('.gz')) throw badName(input)
}

const changed = ({ name }: Input, how: string) =>
  new StreamError(
    'refresh/changed',
    `refresh "${harmless(name)}": it ${how} while it was read, so the documents may be of neither; nothing was published; start again`,
  )

/** Digest of the input's own bytes, read where it lies. */
export const digestOnHdfs = async (input: Input, signal: AbortSignal): Promise<string> => {
  const { path, size, hdfs } = input
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  let length = 0
  for await (const piece of hdfs!.hdfs.read(path, { to: size })) {
    signal.throwIfAborted()
    if (length < headBytes) head = Buffer.concat([head, piece.subarray(0, headBytes)])
    if (length < headBytes && length + piece.length >= headBytes) checkHead(input, head)
    hash.update(piece)
    length += piece.length
  }
  if (length < size) throw changed(input, 'became shorter')
  return hash.digest('hex')
}

/** Brings a local input to HDFS; its digest. */
export const upload = async (input: Input, hdfs: Hdfs, path: string, signal: AbortSignal): Promise<string> => {
  const hash = input.packed === undefined ? createHash('sha256') : undefined
  let length = 0
  async function* pieces() {
    if (input.size === 0) return
    for await (const piece of createReadStream(input.path, { end: input.size - 1, highWaterMark: 1024 * 1024 })) {
      signal.throwIfAborted()
      hash?.update(piece)
      length += piece.length
      yield piece
    }
  }
  await hdfs.write(path, pieces())
  if (length < input.size) throw changed(input, 'became shorter')
  return hash?.digest('hex') ?? input.packed!.sha256
}

/**
 * Whether map tasks, which read the file for themselves, can have read other bytes than the digest is of. Bytes that were
 * added are no matter: nobody reads beyond the end as it was.
 */
export const checkSame = async (input: Input, digest: string, signal: AbortSignal): Promise<void> => {
  const { path, size, hdfs } = input
  if (hdfs === undefined) return
  const now = await hdfs.hdfs.status(path)
  if (now === undefined) throw changed(input, 'went away')
  if (now.id !== hdfs.id) throw changed(input, 'was replaced')
  if (now.bytes < size) throw changed(input, 'became shorter')
  if (now.modifiedMs === hdfs.modifiedMs) return
  if ((await digestOnHdfs(input, signal)) !== digest) throw changed(input, 'was changed')
}
