import { readSync, writeSync } from 'node:fs'
import { errnoOf } from '../../std/error.ts'

/** Key and value as Hadoop Streaming's `rawbytes` has them: each behind its length in four bytes. */
export interface Frame {
  readonly key: Buffer
  readonly value: Buffer
}

const bufferBytes = 1024 * 1024
const lengthBytes = 4
/** Hadoop's own arrays end there. */
const frameBytesMax = 2 ** 30

const waitMsMax = 16
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** A pipe may be set not to block: then it is asked again, at longer and longer intervals. */
const patiently = (act: () => number): number => {
  for (let waitMs = 1; ; waitMs = Math.min(waitMsMax, waitMs * 2)) {
    try {
      return act()
    } catch (thrown) {
      const errno = errnoOf(thrown)
      if (errno === 'EOF') return 0
      if (errno !== 'EAGAIN') throw thrown
      Atomics.wait(sleeper, 0, 0, waitMs)
    }
  }
}

/** Reads up to `length` bytes to `into[at…]`; gives how many there were, 0 at the end. */
export type Read = (into: Buffer, at: number, length: number) => number

export const readingFrom =
  (fd: number): Read =>
  (into, at, length) =>
    patiently(() => readSync(fd, into, at, length, null))

const cut = () => new Error('the input ends within a record: whoever writes it has ended early')

/** Reads frames from a pipe. A frame is valid until the second one behind it is read. */
export class FrameReader {
  readonly #readMore: Read
  #bytes: Buffer = Buffer.allocUnsafeSlow(bufferBytes)
  /** Takes turns with `bytes`: what was handed out last stays where it is. */
  #other: Buffer = Buffer.allocUnsafeSlow(bufferBytes)
  #from = 0
  #to = 0
  #ahead: Frame | undefined

  constructor(read: Read) {
    this.#readMore = read
  }

  next(): Frame | undefined {
    const frame = this.#ahead ?? this.#read()
    this.#ahead = undefined
    return frame
  }

  /** The frame that `next` will give. */
  peek(): Frame | undefined {
    this.#ahead ??= this.#read()
    return this.#ahead
  }

  #read(): Frame | undefined {
    if (!this.#has(lengthBytes)) {
      if (this.#from < this.#to) throw cut()
      return undefined
    }
    const keyLength = this.#lengthAt(0)
    this.#need(2 * lengthBytes + keyLength)
    const valueLength = this.#lengthAt(lengthBytes + keyLength)
    this.#need(2 * lengthBytes + keyLength + valueLength)
    const keyAt = this.#from + lengthBytes
    const valueAt = keyAt + keyLength + lengthBytes
    this.#from = valueAt + valueLength
    return {
      key: this.#bytes.subarray(keyAt, keyAt + keyLength),
      value: this.#bytes.subarray(valueAt, valueAt + valueLength),
    }
  }

  #lengthAt(at: number): number {
    const length = this.#bytes.readInt32BE(this.#from + at)
    if (length < 0 || length > frameBytesMax) throw new Error(`the input is none of Hadoop's: a length of ${length}`)
    return length
  }

  #need(bytes: number) {
    if (!this.#has(bytes)) throw cut()
  }

  /** Whether the input still has so many bytes; then they are in the buffer. */
  #has(bytes: number): boolean {
    if (this.#to - this.#from >= bytes) return true
    this.#turn(bytes)
    while (this.#to < bytes) {
      const got = this.#readMore(this.#bytes, this.#to, this.#bytes.length - this.#to)
      if (got === 0) return false
      this.#to += got
    }
    return true
  }

  /** Only the first turn for a frame changes buffers: then it lies at the front of one, and at most needs a longer one. */
  #turn(bytes: number) {
    if (this.#from === 0 && bytes <= this.#bytes.length) return
    const turns = this.#from > 0
    const free = turns && bytes <= this.#other.length ? this.#other : Buffer.allocUnsafeSlow(bytes + bytes / 4)
    this.#bytes.copy(free, 0, this.#from, this.#to)
    if (turns) this.#other = this.#bytes
    this.#bytes = free
    this.#to -= this.#from
    this.#from = 0
  }
}

/** Writes frames to a pipe, many at a time. */
export class FrameWriter {
  readonly #fd: number
  /** Where to write what `frame` made room for. */
  bytes: Buffer = Buffer.allocUnsafeSlow(bufferBytes)
  #used = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Begins a frame. Its key is to be written to `bytes` at the offset that this gives, its value `lengthBytes` behind. */
  frame(keyLength: number, valueLength: number): number {
    const needed = 2 * lengthBytes + keyLength + valueLength
    if (this.#used + needed > this.bytes.length) this.flush()
    if (needed > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(needed + needed / 4)
    const at = this.#used
    this.bytes.writeInt32BE(keyLength, at)
    this.bytes.writeInt32BE(valueLength, at + lengthBytes + keyLength)
    this.#used += needed
    return at + lengthBytes
  }

  write(key: Uint8Array, value: Uint8Array): void {
    const at = this.frame(key.length, value.length)
    this.bytes.set(key, at)
    this.bytes.set(value, at + key.length + lengthBytes)
  }

  flush(): void {
    for (let done = 0; done < this.#used; ) {
      done += patiently(() => writeSync(this.#fd, this.bytes, done, this.#used - done))
    }
    this.#used = 0
  }
}

/** Between the end of a key and its value. */
export const valueBehind = lengthBytes
