import { setTimeout as sleep } from 'node:timers/promises'
import type { HintOptions } from '../produce/hint.ts'
import { type Delivery, type Progress, produce } from '../produce/produce.ts'
import { paced } from '../source/pace.ts'
import type { Source, TextStream } from '../source/source.ts'
import { StreamError } from '../std/error.ts'
import type { Topic } from '../topic/topic.ts'
import type { Condition } from './supervise.ts'

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
  readonly condition: Condition
  readonly say: (text: string) => void
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name, i) => name === b[i])

const until = async (source: Source, known: readonly string[], signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await sleep(lookMs, undefined, { signal }).catch(() => {})
    if (signal.aborted || !same(known, await source.list({ signal }))) return
  }
}

/** Of one text, which stays as it is: the others go on without it. */
const lasting = new Set(['source/not-utf8', 'source/unreadable', 'source/not-found', 'produce/line-too-long'])

const whyOf = (failed: readonly Delivery[]): string => {
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : ''
  return `${failed[0].why ?? 'a text failed'}${more}`
}

const failureOf = (failed: readonly Delivery[]) =>
  new StreamError((failed[0].code ?? 'produce/failed') as `${string}/${string}`, whyOf(failed))

/**
 * Captures all texts of a source, and those that are added while it runs. Rejects if one of them could not be captured
 * that may be later; one that never can is said, once.
 */
export const captureAll = async (source: Source, topic: Topic, options: CapturingOptions): Promise<void> => {
  const { signal, progress, hints, condition, say } = options
  while (!signal.aborted) {
    condition.state = 'running'
    const names = await source.list({ signal })
    const deliveries = await produce(source, topic, { signal, progress, ...(hints && { hints }) })
    const failed = deliveries.filter(({ state }) => state === 'failed')
    const passing = failed.filter(({ code }) => !lasting.has(code ?? ''))
    if (passing.length > 0) throw failureOf(passing)
    if (signal.aborted) return
    condition.error = failed.length === 0 ? undefined : whyOf(failed)
    if (condition.error !== undefined) say(`textstream: capture: ${condition.error}`)
    condition.state = 'done'
    await until(source, names, signal)
  }
}
