import { inline } from './inline.ts'
import type { Runner } from './runner.ts'

export const local: Runner = { ...inline, name: 'local' }
