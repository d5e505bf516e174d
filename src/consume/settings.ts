import type { RecipeName } from '../cluster/cluster.ts'
import { StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'

const key = 'settings'

/** What a warehouse is begun with, and keeps: numbers of clusters would mean something else otherwise. */
export interface Settings {
  readonly features: RecipeName
  readonly clusters: number
  readonly seed: number
}

export const defaults: Settings = { features: 'text', clusters: 5, seed: 42 }

interface Memory {
  recall(key: string): Uint8Array | undefined
}

/** Those that were asked for, if they are those that the warehouse was begun with; where nothing was asked for, the latter. */
export const settingsOf = (memory: Memory, asked: Partial<Settings>, warehouse: string): Settings => {
  const saved = memory.recall(key)
  if (saved === undefined) return { ...defaults, ...asked }
  const begun = parseJson(Buffer.from(saved).toString()) as Settings
  for (const name of Object.keys(defaults) as (keyof Settings)[]) {
    if (asked[name] === undefined || asked[name] === begun[name]) continue
    const message = `"${warehouse}" was begun with --${name} ${begun[name]}, not ${asked[name]}; leave --${name} away, or give another --warehouse`
    throw new StreamError('consume/usage', message)
  }
  return begun
}

export const savedSettings = (settings: Settings): readonly [string, Uint8Array] => [
  key,
  Buffer.from(JSON.stringify(settings)),
]
