import { z } from 'zod'

/** Where an answer was captured from: on its first record. */
export const streamRef = z.looseObject({
  url: z.string(),
  file: z.string(),
  etag: z.string().optional(),
  chunk_size: z.int().positive().optional(),
  /** When the stream was asked for; as `event_time`. */
  requested_at: z.string().optional(),
})

/** How an answer ended: only on its closing record. */
export const end = z.looseObject({
  /** What textstream writes: `stop`, `length`, `cancel`, `error` or `stall`; others are read and shown as they are. */
  reason: z.string(),
  /** How many records came before the closing one. */
  chunks: z.int().nonnegative(),
  /** Length of the answer's text as UTF-8. */
  bytes: z.int().nonnegative(),
  /** Digest of the answer's text as UTF-8, in lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const fields = z.looseObject({
  chunk: z.string().optional(),
  agent_id: z.string().optional(),
  destination_uri: z.string().min(1),
  event_time: z.string().optional(),
  response_id: z.string().optional(),
  seq: z.int().nonnegative().optional(),
  source: streamRef.optional(),
  supersedes: z.string().optional(),
  end: end.optional(),
})

/** `timestamp` is another name for `event_time` where that is absent, and any other member where it is not. */
const timeIsText = ({ event_time, timestamp }: { event_time?: unknown; timestamp?: unknown }) =>
  event_time !== undefined || timestamp === undefined || typeof timestamp === 'string'

/** A record as JSON, for the edges where people and programs hand one in, and for their documentation. `decode` is its fast twin. */
export const record = fields.refine(timeIsText, { path: ['timestamp'], error: 'is not a string' })

type Stream = z.infer<typeof streamRef>
type Ending = z.infer<typeof end>
export type StreamRef = Readonly<Pick<Stream, 'url' | 'file' | 'etag' | 'chunk_size' | 'requested_at'>>
export type End = Readonly<Pick<Ending, 'reason' | 'chunks' | 'bytes' | 'sha256'>>
