import type { Folders } from '../folders.ts'
import { placeOf } from '../place.ts'
import { loopback } from '../port.ts'
import { running } from '../record.ts'

/** The HiveServer2 that the stack runs, as `host:port`, or `undefined` if it is not up. */
export const hiveHere = async (folders: Folders): Promise<string | undefined> => {
  const record = await running(placeOf(folders, 'hive'), 'hiveserver2')
  return record && `${loopback}:${record.ports.hiveserver2}`
}
