import { inflateRawSync } from 'node:zlib'

const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const [stored, deflated] = [0, 8]
/** The end record, and the longest comment behind it. */
const endBytesMax = 22 + 0xffff

const endOf = (jar: Buffer): number => {
  for (let at = jar.length - 22; at >= Math.max(0, jar.length - endBytesMax); at--)
    if (jar.readUInt32LE(at) === endSignature) return at
  throw new Error('this is no jar: the list of its files is missing')
}

const unpack = (jar: Buffer, method: number, at: number, bytes: number): Buffer => {
  const start = at + 30 + jar.readUInt16LE(at + 26) + jar.readUInt16LE(at + 28)
  const packed = jar.subarray(start, start + bytes)
  if (method === stored) return packed
  if (method === deflated) return inflateRawSync(packed)
  throw new Error(`a file in the jar is packed by method ${method}, which is neither 0 nor 8`)
}

/** The files of a jar whose name is wanted, unpacked. Enough of the format for jars below 4 GB as Maven builds them. */
export const filesIn = (jar: Buffer, wanted: (name: string) => boolean): ReadonlyMap<string, Buffer> => {
  const files = new Map<string, Buffer>()
  const end = endOf(jar)
  let at = jar.readUInt32LE(end + 16)
  for (let left = jar.readUInt16LE(end + 10); left > 0; left--) {
    if (jar.readUInt32LE(at) !== entrySignature) throw new Error('this is no jar: the list of its files is broken')
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map(of => jar.readUInt16LE(at + of))
    const name = jar.toString('utf8', at + 46, at + 46 + nameBytes)
    if (wanted(name))
      files.set(name, unpack(jar, jar.readUInt16LE(at + 10), jar.readUInt32LE(at + 42), jar.readUInt32LE(at + 20)))
    at += 46 + nameBytes + extraBytes + commentBytes
  }
  return files
}
