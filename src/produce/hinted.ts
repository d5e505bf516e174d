import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Topic } from '../topic/topic.ts'
import type { HintOptions } from './hint.ts'
import { type ProduceOptions, produce } from './produce.ts'
import { type ScriptedText, scriptedSource } from './scripted-source.ts'

/** Topics and what hints were kept of them, for tests. */
export const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-hint-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

export const hintsIn = async (t: TestContext, more: Partial<HintOptions> = {}): Promise<HintOptions> => ({
  folder: join(await tempDir(t), 'resume'),
  recordsMin: 0,
  ...more,
})

export const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

/** Counts what is read of a topic. */
export const counting = (topic: Topic) => {
  let entries = 0
  const read: Topic['read'] = async function* (from, options) {
    for await (const batch of topic.read(from, options)) {
      entries += batch.entries.length
      yield batch
    }
  }
  const taken = () => {
    const before = entries
    entries = 0
    return before
  }
  return { topic: { ...topic, read }, taken }
}

export const textOf = (chunks: number, version = 1): ScriptedText => ({
  chunks: Array.from({ length: chunks }, (_, i) => `${version}.${i} `),
  etag: `"${version}"`,
})

export const texts = { a: textOf(300), b: textOf(400) }
/** Of all records of `texts`, closing records included. */
export const records = 702
/** The last record that the hint knows, and the first one. */
export const marks = 2

export const run = (of: Readonly<Record<string, ScriptedText>>, topic: Topic, options: ProduceOptions = {}) =>
  produce(scriptedSource(of), topic, { seed: '1', ...options })

export const states = (deliveries: Awaited<ReturnType<typeof run>>) => deliveries.map(({ state }) => state)

/** The same topic, with more lines. */
export const filled = async (topic: Topic, lines: readonly string[]): Promise<Topic> => {
  await using writer = await topic.writer()
  if (lines.length > 0) await writer.append('/any', Buffer.from(`${lines.join('\n')}\n`))
  return topic
}

/** Puts all of `texts` into an empty topic; a second run over it leaves the hint. */
export const hinted = async (t: TestContext, empty: Topic, more: Partial<HintOptions> = {}) => {
  const hints = await hintsIn(t, more)
  const { topic, taken } = counting(empty)
  await run(texts, topic, { hints })
  await run(texts, topic, { hints })
  taken()
  const [name] = await namesIn(hints.folder)
  return { hints, topic, taken, file: name && join(hints.folder, name) }
}
