/** Nobody answers behind a wrong port, and who begins should be told so soon. */
export const firstContactMsMax = 2_000
/** Who is at work waits for a network that is gone for a while. */
export const outageMsMax = 120_000
export const connectMsMax = 5_000
/** Of all that is asked but executions, which last as long as they do. A metastore may be slow. */
export const requestMsMax = 120_000
/** An execution says something every 2 s (`spark.connect.progress.reportInterval`). After this, its connection is taken for dead. */
export const silenceMsMax = 60_000
/** TCP asks so often whether the other side is there. HTTP/2 pings are not used: Spark ends connections for more than one in 5 minutes. */
export const keepAliveMs = 30_000
/** The wait between two tries doubles from the first to the second. */
export const backoffMsMin = 50
export const backoffMsMax = 2_000
/** For telling the server that something is not needed any more. It finds out by itself, later. */
export const releaseMsMax = 5_000

/** What Spark takes of one message by default (`spark.connect.grpc.maxInboundMessageSize`). */
export const messageBytesMax = 128 * 1024 * 1024
/** The server cuts larger batches of results into such pieces. */
export const pieceBytesMax = 1024 * 1024
/** Of one batch of results, put together. Rows in it: `spark.sql.execution.arrow.maxRecordsPerBatch`, which is 10,000. */
export const batchBytesMax = 512 * 1024 * 1024
/** Of results on the way to us, per connection; what is not read yet is not sent. */
export const windowBytes = 4 * 1024 * 1024
/** Of all rows that are asked for at once. */
export const collectRowsMax = 100_000

/** Local rows of more bytes are uploaded apart from the plan, in blocks. */
export const inlineBytesMax = 512 * 1024
export const blockBytesMax = 8 * 1024 * 1024
export const blockRowsMax = 65_536
export const uploadPieceBytes = 256 * 1024

export interface SparkLimits {
  readonly firstContactMsMax: number
  readonly outageMsMax: number
  readonly connectMsMax: number
  readonly requestMsMax: number
  readonly silenceMsMax: number
  readonly messageBytesMax: number
  readonly pieceBytesMax: number
  readonly batchBytesMax: number
  readonly inlineBytesMax: number
  readonly blockBytesMax: number
}

export const sparkLimits: SparkLimits = {
  firstContactMsMax,
  outageMsMax,
  connectMsMax,
  requestMsMax,
  silenceMsMax,
  messageBytesMax,
  pieceBytesMax,
  batchBytesMax,
  inlineBytesMax,
  blockBytesMax,
}
