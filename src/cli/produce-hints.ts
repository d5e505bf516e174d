import { join } from 'node:path'
import type { HintOptions } from '../produce/hint.ts'
import { ownFolder } from '../std/folders.ts'

/** Hints lie beside what the stack remembers. */
export const hintsFor = (environment: NodeJS.ProcessEnv): HintOptions => ({
  folder: join(ownFolder('state', environment), 'resume'),
})
