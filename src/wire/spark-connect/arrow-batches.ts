import { zstdDecompressSync } from 'node:zlib'
import { CompressionType, compressionRegistry, type RecordBatch, RecordBatchReader } from 'apache-arrow'
import { StreamError } from '../../std/error.ts'
import { batchBytesMax } from './limits.ts'

// The library knows codecs by this list only. There is none for lz4 in Node.
compressionRegistry.set(CompressionType.ZSTD, {
  decode: bytes => zstdDecompressSync(bytes, { maxOutputLength: batchBytesMax }),
})

const setting = 'spark.sql.execution.arrow.compression.codec'

/** What lies in one stream of Arrow. */
export function* arrowBatches(bytes: Uint8Array): Generator<RecordBatch> {
  try {
    yield* RecordBatchReader.from(bytes)
  } catch (cause) {
    if (!(cause instanceof Error) || !cause.message.includes('codec not found')) throw cause
    const message = `Spark packs its results in a way that is not known here; set ${setting} to zstd or none`
    throw new StreamError('spark/failed', message, { cause })
  }
}
