import { rename, writeFile } from 'node:fs/promises'
import { reasonOf, StreamError } from '../std/error.ts'
import { roomsText } from './text.ts'

/**
 * For a run that is over before anybody asks: a file for node_exporter's textfile collector, without the process's own,
 * which that has itself. Whoever reads it sees the old one or the new one.
 */
export const writeMetrics = async (path: string): Promise<void> => {
  const partial = `${path}.${process.pid}`
  try {
    await writeFile(partial, await roomsText())
    await rename(partial, path)
  } catch (cause) {
    throw new StreamError('metrics/file', `write metrics to "${path}": ${reasonOf(cause)}`, { cause })
  }
}
