import type { Folders } from '../folders.ts'
import { placeOf } from '../place.ts'
import { loopback } from '../port.ts'
import { running } from '../record.ts'

/** The Spark Connect that the stack runs, as `sc://host:port`, or `undefined` if it is not up. */
export const sparkHere = async (folders: Folders): Promise<string | undefined> => {
  const record = await running(placeOf(folders, 'spark'), 'spark')
  return record && `sc://${loopback}:${record.ports.connect}`
}
