import { type Clock, isoMicros } from '../std/clock.ts'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import type { Topic } from '../topic/topic.ts'
import type { Counters } from './counters.ts'
import { fetchFromHdfs, findOnHdfs, type OnHdfs } from './hdfs-inputs.ts'
import { countDone, countFailed } from './metrics.ts'
import { documentsName, malformedName, type Output, openOutput, receiptName } from './output.ts'
import type { Job, Listing, Ran, Runner } from './runner.ts'
import { openAll } from './topic-inputs.ts'

export interface RefreshOptions {
  /** Files, folders, globs, or `-` for standard input. */
  readonly inputs: readonly string[]
  /** Read up to their ends as they are at the start. */
  readonly topics?: readonly Topic[]
  /** Files and folders there. */
  readonly hdfs?: readonly OnHdfs[]
  /** The folder that will hold the documents. */
  readonly out: string | OnHdfs
  readonly attempts?: boolean
  readonly threads: number
  readonly version: string
  readonly clock: Clock
  readonly progress?: Job['progress']
}

export interface Receipt {
  readonly format: 1
  readonly textstream: string
  readonly runner: string
  readonly finished: string
  readonly inputs: readonly {
    readonly name: string
    readonly from: number
    readonly to: number
    readonly bytes: number
    readonly sha256: string
  }[]
  readonly counters: Counters
  readonly documents: Listing & { readonly file: string }
  readonly malformed: Listing & { readonly file: string }
}

const receiptOf = (runner: Runner, { inputs }: Job, ran: Ran, { version, clock }: RefreshOptions): Receipt => ({
  format: 1,
  textstream: version,
  runner: runner.name,
  finished: isoMicros(clock()),
  inputs: inputs.map(({ name, size, packed, topic }, i) => {
    const bytes = packed?.bytes ?? size
    return { name, from: topic?.from ?? 0, to: topic?.to ?? bytes, bytes, sha256: ran.inputDigests[i] }
  }),
  counters: ran.counters,
  documents: { file: documentsName, ...ran.documents },
  malformed: { file: malformedName, ...ran.malformed },
})

const explain = (thrown: unknown, out: string | OnHdfs): unknown => {
  if (thrown instanceof StreamError || typeof out !== 'string') return thrown
  const errno = errnoOf(thrown)
  if (errno === undefined) return thrown
  const advice = errno === 'ENOSPC' ? '; free some space, or choose a folder on a larger disk with -o' : ''
  return new StreamError(
    'refresh/failed',
    `refresh into "${out}": ${reasonOf(thrown)}${advice}; what was in "${out}" before is still there`,
    {
      cause: thrown,
    },
  )
}

const openOut = async (runner: Runner, out: string | OnHdfs): Promise<Output> => {
  if (typeof out === 'string') return openOutput(out)
  if (!runner.knowsHdfs)
    throw new StreamError(
      'refresh/usage',
      `write to "${out.hdfs.name}${out.path}": only -r hadoop does; or refresh into a folder, and: textstream hdfs put`,
    )
  const { openHdfsOutput } = await import('./hadoop/output.ts')
  return openHdfsOutput(out)
}

const openInputs = async (runner: Runner, { inputs, topics = [], hdfs = [] }: RefreshOptions, scratch: string) => {
  const there = await findOnHdfs(hdfs)
  return openAll(inputs, topics, scratch, runner.knowsHdfs ? there : await fetchFromHdfs(there, scratch))
}

/**
 * Rebuilds every document of the inputs with `runner`, and publishes them with a receipt: all or nothing. PROTOCOL.md
 * says what is left. Rejects with code `refresh/usage` where the arguments are wrong; then nothing was touched.
 */
export const refresh = async (runner: Runner, options: RefreshOptions): Promise<Receipt> => {
  const beganMs = performance.now()
  try {
    await using output = await openOut(runner, options.out)
    const job: Job = {
      inputs: await openInputs(runner, options, output.scratch),
      out: output.dir,
      ...(output.on && { outOn: output.on }),
      scratch: output.scratch,
      attempts: options.attempts ?? false,
      threads: options.threads,
      progress: options.progress ?? (() => {}),
    }
    const ran = await runner.run(job)
    const receipt = receiptOf(runner, job, ran, options)
    await output.write(receiptName, `${JSON.stringify(receipt, null, 2)}\n`)
    await output.publish()
    countDone(receipt, beganMs, options.clock())
    return receipt
  } catch (thrown) {
    countFailed(runner.name)
    throw explain(thrown, options.out)
  }
}
