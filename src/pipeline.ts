/**
 * The flow, top to bottom. The only file that names adapters: every room above talks to ports.
 * Adapters are loaded late, so that a command pays only for what it uses.
 */

import type { Clustering } from './cluster/cluster.ts'
import type { Runner } from './refresh/runner.ts'
import type { Source } from './source/source.ts'
import type { Topic } from './topic/topic.ts'
import type { Warehouse } from './warehouse/warehouse.ts'

/** A folder's path, or a source's port, host:port or URL → the source. */
export const openFolder = async (dir: string, chunkSize: number, warn?: (message: string) => void): Promise<Source> => {
  const { folder } = await import('./source/folder.ts')
  return folder(dir, { chunkSize, ...(warn !== undefined && { warn }) })
}

export const openHttp = async (url: string): Promise<Source> => {
  const { http } = await import('./source/http.ts')
  return http(url)
}

export const openLog = async (dir: string): Promise<Topic> => {
  const { fileTopic } = await import('./topic/file.ts')
  return fileTopic(dir)
}

export const openClustering = async (): Promise<Clustering> => (await import('./cluster/embedded.ts')).embedded

export const openWarehouse = async (dir: string): Promise<Warehouse> => {
  const { duckdbWarehouse } = await import('./warehouse/duckdb.ts')
  return duckdbWarehouse(dir)
}

export const openRunner = async (name: 'inline' | 'local'): Promise<Runner> => {
  if (name === 'inline') return (await import('./refresh/inline.ts')).inline
  return (await import('./refresh/local.ts')).local
}
