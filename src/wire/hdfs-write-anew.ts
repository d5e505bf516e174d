import type { Hdfs } from './hdfs.ts'
import { HdfsFault } from './webhdfs-fault.ts'

/** So often it is begun; before each of them a DataNode was found that takes bytes. */
const attemptsMax = 3

const wasCut = (thrown: unknown) => thrown instanceof HdfsFault && thrown.again === 'unknown'

/** Writes what can be given again, to a name that nobody reads: where it was cut in the middle it is begun anew. */
export const writeAnew = async (
  hdfs: Hdfs,
  path: string,
  bytes: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await hdfs.write(path, bytes(), { overwrite: true })
    } catch (thrown) {
      if (!wasCut(thrown) || attempt === attemptsMax) throw thrown
    }
  }
}
