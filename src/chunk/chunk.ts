import type { End, StreamRef } from './schema.ts'

export type { End, StreamRef }

/** A line is at most this long, its line end not counted. */
export const lineBytesMax = 16 * 1024 * 1024

/**
 * The one record that moves: a piece of text that an agent wrote into a document. One JSON object, one line of the log,
 * one Kafka message. PROTOCOL.md has the meaning of each field.
 */
export interface Chunk {
  readonly chunk: string
  readonly agent_id?: string
  readonly destination_uri: string
  /** As it was written; ISO 8601. `timestamp` is read as another name for it. */
  readonly event_time?: string
  readonly response_id?: string
  readonly seq?: number
  readonly source?: StreamRef
  readonly supersedes?: string
  readonly end?: End
  /** The members that textstream does not know, as one JSON object's text, byte for byte as they came: `{"a":1e400}`. */
  readonly extra?: string
  /** The same of its `source`. */
  readonly sourceExtra?: string
  /** The same of its `end`. */
  readonly endExtra?: string
}
