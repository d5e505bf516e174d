import type { Folders } from '../folders.ts'
import { jarsOf } from '../jars.ts'
import type { Ports } from '../part.ts'
import { placeOf } from '../place.ts'
import { running } from '../record.ts'

/** What a client of the stack's Hadoop needs. */
export interface HadoopHere {
  /** `HADOOP_CONF_DIR`. */
  readonly conf: string
  /** All of Hadoop's jars. */
  readonly lib: string
  readonly ports: Ports
}

/** The Hadoop that the stack runs, or `undefined` if its NameNode is not up. */
export const hadoopHere = async (folders: Folders, environment: NodeJS.ProcessEnv): Promise<HadoopHere | undefined> => {
  const place = placeOf(folders, 'hadoop')
  const record = await running(place, 'namenode')
  if (record === undefined) return undefined
  const asked = { cache: folders.cache, environment, onProgress: () => {}, onWait: () => {} }
  const lib = await jarsOf(place, asked)
  return { conf: place.conf, lib: lib!, ports: record.ports }
}
