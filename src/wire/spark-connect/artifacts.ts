import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { StreamError } from '../../std/error.ts'
import type { Identity } from './channel.ts'
import { uploadPieceBytes } from './limits.ts'
import {
  type AddArtifactsRequest,
  AddArtifactsRequestSchema,
  type AddArtifactsResponse,
  type ArtifactStatusesResponse,
} from './proto.ts'
import type { SparkSession } from './session.ts'

type Payload = NonNullable<MessageInitShape<typeof AddArtifactsRequestSchema>['payload']>

const pieceOf = (block: Uint8Array, at: number) => {
  const data = block.subarray(at, at + uploadPieceBytes)
  return { data, crc: BigInt(crc32(data)) }
}

function* payloadsOf(name: string, block: Uint8Array): Generator<Payload> {
  const numChunks = Math.ceil(block.byteLength / uploadPieceBytes)
  if (numChunks <= 1) {
    yield { case: 'batch', value: { artifacts: [{ name, data: pieceOf(block, 0) }] } }
    return
  }
  const totalBytes = BigInt(block.byteLength)
  const initialChunk = pieceOf(block, 0)
  yield { case: 'beginChunk', value: { name, totalBytes, numChunks: BigInt(numChunks), initialChunk } }
  for (let at = uploadPieceBytes; at < block.byteLength; at += uploadPieceBytes)
    yield { case: 'chunk', value: pieceOf(block, at) }
}

async function* requestsOf(who: Identity, name: string, block: Uint8Array): AsyncGenerator<AddArtifactsRequest> {
  for (const payload of payloadsOf(name, block)) yield create(AddArtifactsRequestSchema, { ...who, payload })
}

const isThere = async (spark: SparkSession, name: string): Promise<boolean> => {
  const { statuses }: ArtifactStatusesResponse = await spark.ask((client, who, options) =>
    client.artifactStatus({ ...who, names: [name] }, options),
  )
  return statuses[name]?.exists === true
}

/** Gives the server a block of bytes for the length of the session, unless it has it. Returns its sha256, by which a plan names it. */
export const uploadBlock = async (spark: SparkSession, block: Uint8Array): Promise<string> => {
  const hash = createHash('sha256').update(block).digest('hex')
  const name = `cache/${hash}`
  if (await isThere(spark, name)) return hash
  const { artifacts }: AddArtifactsResponse = await spark.ask((client, who, options) =>
    client.addArtifacts(requestsOf(who, name, block), options),
  )
  if (!artifacts.some((of: { isCrcSuccessful: boolean }) => !of.isCrcSuccessful)) return hash
  throw new StreamError(
    'spark/failed',
    `a block of ${block.byteLength} bytes came to Spark with another checksum; try again`,
  )
}
