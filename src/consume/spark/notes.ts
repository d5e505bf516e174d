import type { Entry, Topic } from '../../topic/topic.ts'
import { Origin } from '../origin.ts'
import { type Settings, savedSettings } from '../settings.ts'
import type { Change, Plan } from './records.ts'
import type { State } from './state.ts'

const firstIn = async (topic: Topic, partition: string, { from, to }: Plan): Promise<Entry | undefined> => {
  const range = { from: { [partition]: from[partition] }, until: { [partition]: to[partition] } }
  for await (const { entries } of topic.read(range.from, { until: range.until })) return entries[0]
  return undefined
}

/** What is to be remembered with a batch: the settings, with the first one, and the first record of each new partition. */
export const notesFor = async (
  topic: Topic,
  state: State,
  settings: Settings,
  plan: Plan,
): Promise<Change['notes']> => {
  const notes: (readonly [string, Uint8Array])[] = state.batch === 0 ? [savedSettings(settings)] : []
  const origin = new Origin(state)
  for (const partition of Object.keys(plan.to)) {
    if (origin.knows(partition)) continue
    const first = await firstIn(topic, partition, plan)
    const learnt = first === undefined ? undefined : origin.learn(partition, first)
    if (learnt !== undefined) notes.push(learnt)
  }
  return notes.map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const)
}
