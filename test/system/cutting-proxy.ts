import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut, or stop to carry anything. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** How many connections were made so far. */
  readonly connections: number
  /** Bytes that came from the server. */
  readonly bytes: number
  /** Ends all connections at once, as a pulled plug does; those that come later are let through. */
  cut(): void
  /** Cuts, again and again, whenever so many bytes more came from the server; 0 for never. */
  cutEvery(bytes: number): void
  /** Nothing gets through any more, in connections that are there; they stay open. Those that come later work. */
  freeze(): void
  /** Connections are refused from now on, or no more. */
  refuse(isRefusing: boolean): void
}

class Way implements CuttingProxy {
  readonly #server
  readonly #sockets = new Set<Socket>()
  #every = 0
  #next = 0
  #isRefusing = false
  connections = 0
  bytes = 0

  constructor(host: string, port: number) {
    this.#server = createServer(near => {
      if (this.#isRefusing) return void near.destroy()
      this.connections++
      const far = connect(port, host)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        this.#sockets.add(from)
        from.on('error', () => {})
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
      near.on('data', data => far.write(data))
      far.on('data', data => this.#carry(data, far, near))
    })
  }

  /** Waits for who reads slowly, as a network does. */
  #carry(data: Buffer, far: Socket, near: Socket): void {
    this.bytes += data.byteLength
    if (this.#every > 0 && this.bytes >= this.#next) {
      this.#next = this.bytes + this.#every
      // What is on the way gets lost in the middle of a message.
      near.write(data.subarray(0, data.byteLength >> 1), () => this.cut())
    } else if (!near.write(data)) {
      far.pause()
      near.once('drain', () => far.resume())
    }
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  cutEvery(bytes: number): void {
    this.#every = bytes
    this.#next = this.bytes + bytes
  }

  freeze(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').pause()
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.cut()
  }
}

export const cuttingProxy = (host: string, port: number): Promise<CuttingProxy> => new Way(host, port).listen()
