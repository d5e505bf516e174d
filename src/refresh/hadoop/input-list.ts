import type { Input } from '../inputs.ts'

/** One entry of `inputs.json`, which goes with the job: where a file lies for Hadoop, and what it is to the refresh. */
export interface ListedInput {
  /** `hdfs://host:port/path`, as it stands: no glob, nothing escaped. */
  readonly path: string
  /** As in the receipt. */
  readonly name: string
  /** What is added to a byte offset, so that it is the record's arrival among all inputs. */
  readonly base: number
  /** Bytes beyond it, as the file lies there, are not of this run. */
  readonly size: number
}

/** Deflate makes at most so many bytes of one. */
const gzipRatioMax = 1032

const isPacked = (path: string) => path.endsWith('.gz')

/** In the order of arrival; `paths` says where each one lies. */
export const listInputs = (inputs: readonly Input[], paths: readonly string[]): ListedInput[] => {
  let base = 0
  return inputs.map(({ name, size }, i) => {
    const listed = { path: paths[i], name, base, size }
    base += isPacked(paths[i]) ? size * gzipRatioMax : size
    return listed
  })
}
