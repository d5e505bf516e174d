import { archiveOf } from '../archive.ts'
import type { Folders } from '../folders.ts'
import { findJava } from '../installed.ts'
import { jarsOf } from '../jars.ts'
import type { Ports } from '../part.ts'
import { placeOf } from '../place.ts'
import { running } from '../record.ts'

const quickStart = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** What a client of the stack's Hadoop needs. */
export interface HadoopHere {
  /** `HADOOP_CONF_DIR`. */
  readonly conf: string
  /** Its jars. */
  readonly lib: string
  readonly java: string
  /** With these and a main class, such as `org.apache.hadoop.streaming.HadoopStreaming`, it is a client that starts fast. */
  readonly javaOptions: readonly string[]
  readonly ports: Ports
}

/** The Hadoop that the stack runs, or `undefined` if its NameNode is not up. */
export const hadoopHere = async (folders: Folders, environment: NodeJS.ProcessEnv): Promise<HadoopHere | undefined> => {
  const place = placeOf(folders, 'hadoop')
  const record = await running(place, 'namenode')
  if (record === undefined) return undefined
  const nobody = () => {}
  const asked = { cache: folders.cache, environment, onProgress: nobody, onWait: nobody, onArchive: nobody }
  const lib = (await jarsOf(place, asked))!
  const archive = await archiveOf(place, lib, asked)
  return {
    conf: place.conf,
    lib,
    java: (await findJava(environment)).path,
    javaOptions: [...quickStart, `-XX:SharedArchiveFile=${archive}`, '-cp', `${lib}/*:${place.conf}`],
    ports: record.ports,
  }
}
