import type { RecipeName } from '../cluster/cluster.ts'
import { StreamError } from '../std/error.ts'
import { jsonBytes, jsonIn, type Memory } from './kept.ts'

const key = 'settings'

/** What a warehouse is begun with, and keeps: numbers of clusters would mean something else otherwise. */
export interface Settings {
  readonly features: RecipeName
  readonly clusters: number
  readonly seed: number
}

export const defaults: Settings = { features: 'text', clusters: 5, seed: 42 }

/** Those that were asked for, if they are those that the warehouse was begun with; where nothing was asked for, the latter. */
export const settingsOf = (
  memory: Pick<Memory, 'recall'>,
  asked: Partial<Settings>,
  warehouse: string,
  option = '--warehouse',
): Settings => {
  const begun = jsonIn(memory.recall(key)) as Settings | undefined
  if (begun === undefined) return { ...defaults, ...asked }
  for (const name of Object.keys(defaults) as (keyof Settings)[]) {
    if (asked[name] === undefined || asked[name] === begun[name]) continue
    const message = `"${warehouse}" was begun with --${name} ${begun[name]}, not ${asked[name]}; leave --${name} away, or give another ${option}`
    throw new StreamError('consume/usage', message)
  }
  return begun
}

export const savedSettings = (settings: Settings): readonly [string, Uint8Array] => [key, jsonBytes(settings)]
