import type { Ports } from '../part.ts'
import { bean } from './jmx.ts'

const oneCopy =
  'HDFS keeps one copy of each file (one DataNode, dfs.replication 1): what was written survives kill -9, but not a lost disk, and a power cut may take what was written just before; for that it takes three DataNodes'

const missing = (blocks: number) =>
  `HDFS misses ${blocks} of its blocks, and the files that they belong to cannot be read; is the DataNode's folder the one that it was?`

/** Replication is what survives a lost disk. */
export const advice = async (ports: Ports, signal: AbortSignal): Promise<string[]> => {
  const { BlocksTotal, MissingBlocks } = await bean(
    ports['namenode-http'],
    'service=NameNode,name=FSNamesystem',
    signal,
  )
  const lost = Number(MissingBlocks)
  return [...(Number(BlocksTotal) > 0 ? [oneCopy] : []), ...(lost > 0 ? [missing(lost)] : [])]
}
