import type { Hdfs } from '../wire/hdfs.ts'
import type { Counters } from './counters.ts'
import type { Input } from './inputs.ts'

/** What a runner is to do: everything of a refresh but finding inputs, publishing, and the receipt. */
export interface Job {
  /** In the order of arrival. */
  readonly inputs: readonly Input[]
  /** An empty folder, for documents, `_documents.ndjson` and `_malformed.ndjson`. */
  readonly out: string
  /** The file system of `out`, which is absent there; without it, this machine's. Only for runners that know `hdfs`. */
  readonly outOn?: Hdfs
  /** A folder for whatever must rest on the disk meanwhile; on the same file system as `out`. */
  readonly scratch: string
  readonly attempts: boolean
  readonly threads: number
  /** Called now and then with the bytes of input that are done, of all that there are. */
  readonly progress: (doneBytes: number, allBytes: number) => void
}

export interface Ran {
  readonly counters: Counters
  readonly documents: Listing
  readonly malformed: Listing
  /** Digests of the inputs' own bytes, in the job's order. */
  readonly inputDigests: readonly string[]
}

/** A file beside the documents that the receipt vouches for. */
export interface Listing {
  readonly count: number
  readonly bytes: number
  readonly sha256: string
}

/**
 * Runs map, sort and reduce. For one job every runner leaves the same bytes. Memory is bounded by named limits, whatever
 * the size of the log, the number of documents, or the length of one. On an error `out` and `scratch` hold rubbish.
 */
export interface Runner {
  readonly name: string
  /** Reads inputs where they lie on HDFS, and leaves documents there. For others inputs are fetched first. */
  readonly knowsHdfs?: boolean
  run(job: Job): Promise<Ran>
}
