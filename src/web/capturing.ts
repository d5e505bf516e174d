import { setTimeout as sleep } from 'node:timers/promises'
import type { HintOptions } from '../produce/hint.ts'
import { type Progress, produce } from '../produce/produce.ts'
import { paced } from '../source/pace.ts'
import type { Source, TextStream } from '../source/source.ts'
import { StreamError } from '../std/error.ts'
import type { Topic } from '../topic/topic.ts'

/** How often new texts are looked for once all others are captured. */
const lookMs = 2_000

/** Chunks per second of each stream, evenly, as an LLM gives them; 0: as fast as they are taken. */
export const pacedSource = (source: Source, rate: number): Source => {
  if (rate === 0) return source
  const pace = (stream: TextStream, signal: AbortSignal): TextStream => ({
    ...stream,
    blocks: paced(stream.blocks, rate, signal),
  })
  const never = new AbortController().signal
  return {
    url: source.url,
    list: options => source.list(options),
    open: async (name, options = {}) => pace(await source.open(name, options), options.signal ?? never),
  }
}

export interface CapturingOptions {
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly hints?: HintOptions | undefined
  /** Told whenever all texts that there are have been captured. */
  readonly onDone: () => void
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name, i) => name === b[i])

const until = async (source: Source, known: readonly string[], signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await sleep(lookMs, undefined, { signal }).catch(() => {})
    if (signal.aborted || !same(known, await source.list({ signal }))) return
  }
}

/** Captures all texts of a source, and those that are added while it runs. Rejects if one of them could not be captured. */
export const captureAll = async (source: Source, topic: Topic, options: CapturingOptions): Promise<void> => {
  const { signal, progress, hints, onDone } = options
  while (!signal.aborted) {
    const names = await source.list({ signal })
    const deliveries = await produce(source, topic, { signal, progress, ...(hints && { hints }) })
    const failed = deliveries.filter(({ state }) => state === 'failed')
    if (failed.length > 0) throw failureOf(failed[0].code, failed[0].why, failed.length)
    if (signal.aborted) return
    onDone()
    await until(source, names, signal)
  }
}

const failureOf = (code: string | undefined, why: string | undefined, count: number) => {
  const more = count > 1 ? ` (and ${count - 1} more)` : ''
  return new StreamError((code ?? 'produce/failed') as `${string}/${string}`, `${why ?? 'a text failed'}${more}`)
}
