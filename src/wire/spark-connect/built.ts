import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { StreamError } from '../../std/error.ts'

/** Whether what the client is made of was generated here. This file can be loaded either way, `spark.ts` only if it was. */
export const isBuilt = (): boolean => existsSync(fileURLToPath(new URL('gen', import.meta.url)))

/** For before `spark.ts` is loaded. */
export const assertBuilt = (): void => {
  if (isBuilt()) return
  const how = 'in a checkout, run: npm run build:spark (it needs Maven, once)'
  throw new StreamError('spark/missing', `the client of Spark Connect is not built; ${how}`)
}
