import { join } from 'node:path'
import type { HintOptions } from '../produce/hint.ts'
import { foldersFrom } from '../stack/folders.ts'

/** Hints lie beside what the stack remembers; whoever has no such folder reads each topic as a whole. */
export const hintsFor = (environment: NodeJS.ProcessEnv): { readonly hints?: HintOptions } => {
  try {
    return { hints: { folder: join(foldersFrom(environment).state, '../resume') } }
  } catch {
    return {}
  }
}
