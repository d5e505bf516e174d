/**
 * A topic: records of many documents, kept in the order in which they arrived.
 *
 * Adapters: `memory` (the reference), `file` (the embedded log) and `kafka`. Each says what its
 * acknowledgement survives. Records are opaque lines here: a topic never looks inside one.
 */
export interface Topic {
  /** What a person calls it, for messages: `logs/`, `kafka://localhost:9092/chunks`. */
  readonly name: string

  /** The offset behind the last readable record of each partition, as of now. A topic that is empty has no partitions or zeros. */
  end(): Promise<Position>

  /**
   * Records from `from` on (a partition that `from` does not name is read from its start), in order within each
   * partition, each exactly once. Ends at `until` (default: the end as it is when the iteration starts; a partition
   * that `until` does not name is not read), or, with `follow`, which asks for no `until`, goes on as records come
   * until `signal` aborts, which ends the iteration at once and without an error.
   *
   * An offset that lies before the first one kept starts at the first one kept, one between two records' places at the
   * next record; an offset that points into the middle of a record, or behind the end, is an error of code
   * `topic/offset`. A topic that isn't there is one of code `topic/not-found`, one that
   * cannot be read of code `topic/unreadable`.
   */
  read(from: Position, options?: ReadOptions): AsyncIterable<Batch>

  /**
   * The right to append. Only one process has it at a time, where the adapter can enforce that: a second
   * one is refused at once with code `topic/locked`, naming who holds it if that is known. Once it is given, all that
   * can be read is durable. A place that cannot be written to is an error of code `topic/unwritable`.
   */
  writer(): Promise<TopicWriter>
}

/** The next offset to read, by partition. For the embedded log an offset is a byte of the log, for Kafka a record. */
export type Position = Readonly<Record<string, number>>

export interface ReadOptions {
  readonly until?: Position
  readonly follow?: boolean
  /** While it follows a log: what comes so soon behind one another is read at once. Brokers gather by themselves. */
  readonly gatherMs?: number
  readonly signal?: AbortSignal
}

/** Records of one partition that lie behind one another; never empty. */
export interface Batch {
  readonly partition: string
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly offset: number
  /** Where to go on reading after this entry. */
  readonly next: number
  /** One record, without a line end, byte for byte as it was appended. Valid until the next batch is asked for. */
  readonly line: Uint8Array
}

export interface TopicWriter extends AsyncDisposable {
  /**
   * Appends records of one document: whole lines, each ended by `\n`, none longer than `lineBytesMax`. The bytes are
   * copied before the call returns, so the caller may use the buffer again at once. Lines that break this are refused
   * with code `topic/line`: none of them is appended, and the writer goes on.
   *
   * Resolves once they are durable (as the adapter defines it) and in the order of the calls. Rejects with code
   * `topic/append` if they are not (or with one that says more: `topic/unreachable`, `topic/not-found`); then nothing after them is acknowledged either, and the writer is of no more use:
   * close it, ask the topic for a new one, and read what it holds before going on.
   *
   * Back-pressure: await `ready()` before appending more; an append is never refused for want of room.
   */
  append(destinationUri: string, lines: Uint8Array): Promise<void>

  /** Resolves as soon as there is room for another append within the adapter's named limit. */
  ready(): Promise<void>

  /** Waits for all that was appended, then gives the right to append back. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>
}
