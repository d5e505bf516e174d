/**
 * A source: texts that can be listed, and streamed one by one in chunks.
 *
 * Adapters: `folder` (the files of one folder) and `http` (another textstream source, or the old system's server).
 * `server.ts` serves any Source over HTTP, so `http(server(folder))` behaves as `folder` does.
 */
export interface Source {
  /** What a person calls it: a folder's path, or a URL. */
  readonly url: string

  /** The names of all texts, each once, in byte order of their UTF-8. Rejects with code `source/unreachable` if it cannot be asked. */
  list(options?: ListOptions): Promise<readonly string[]>

  /**
   * Opens one text from its chunk number `from` (0: the beginning).
   *
   * Rejects with code
   * - `source/not-found`: there is no such text (or its name would leave the source),
   * - `source/not-utf8`: the text is not UTF-8; the message says at which byte,
   * - `source/changed`: `ifMatch` was given and the text or its cutting is another one now,
   * - `source/range`: `from` lies behind the end,
   * - `source/unreadable`: the text is there, but may not or cannot be read (permission, disk),
   * - `source/unreachable`: it cannot be asked, now; trying again may help.
   */
  open(name: string, options?: OpenOptions): Promise<TextStream>
}

export interface ListOptions {
  /** Ends the asking; it rejects then. */
  readonly signal?: AbortSignal
}

export interface OpenOptions {
  readonly from?: number
  /** The `etag` that the stream must still have. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

export interface TextStream {
  /** Covers the text's content and its cutting into chunks; `undefined` where the source cannot tell (the old one). */
  readonly etag: string | undefined
  /** Characters (code points) per chunk, if the source says. */
  readonly chunkSize: number | undefined
  /** The number of the first chunk that `lines` gives: `from`, or 0 where the source cannot seek (the old one). */
  readonly from: number
  /**
   * NDJSON, `{"chunk":"…"}` a line, in blocks that may end anywhere, even inside a character. Lazy: nothing is read
   * ahead of the consumer beyond a named limit. A block is valid until the next one is asked for. To be iterated once;
   * whoever does not, or not to the end (`break` ends it as well), aborts `signal` to give back what it holds.
   * Fails with code `source/cut` if the text could not be read to its end (also if it changed under the reader): what
   * came before is right, as far as it goes.
   */
  readonly blocks: AsyncIterable<Uint8Array>
}
