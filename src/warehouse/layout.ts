import { join } from 'node:path'
import { fileNameOf } from '../chunk/file-name.ts'
import type { TableName } from './schema.ts'

/** Where things lie in a warehouse's folder. */
export const stateDir = (dir: string) => join(dir, '_state')
export const stateFile = (dir: string) => join(stateDir(dir), 'state.sqlite')
export const tailDir = (dir: string) => join(stateDir(dir), 'tail')
/** For what does not fit into memory while it is sorted. */
export const scratchDir = (dir: string) => join(stateDir(dir), 'scratch')
export const lockFile = (dir: string) => join(stateDir(dir), '.lock')

/** A part's number is never used again, so that no reader takes one part for another. */
export const partPath = (dir: string, part: number) => join(tailDir(dir), `${part}.parquet`)
export const publicPath = (dir: string, table: TableName, name: string) => join(dir, table, name)

/**
 * Rows of one partition that became final while the topic was read from one offset up to another. `again`: not the
 * first file of this range, which then holds rows from before it that had to wait.
 */
export const rangeName = (partition: string, from: number, to: number, again = 0) => {
  const name = fileNameOf(`/${partition}`).slice(0, -'.txt'.length)
  return `p${name}-${from}-${to}${again === 0 ? '' : `.${again}`}.parquet`
}

export const modelName = (model: number) => `m${String(model).padStart(6, '0')}.parquet`

const ours = /^(?:p[A-Za-z0-9_.%~-]+-\d+-\d+(?:\.\d+)?|m\d{6,})\.parquet$/

/** Whether a public file's name is one that we give. */
export const isOurs = (name: string) => ours.test(name)
/** Whether it is a Parquet file to those who read the folder. */
export const isParquet = (name: string) => name.endsWith('.parquet') && !name.startsWith('.') && !name.startsWith('_')
