import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { StreamError } from '../std/error.ts'

/** Where the stack keeps things; nothing of it lies in the checkout. */
export interface Folders {
  /** One folder per part: configuration, data, logs and who runs. */
  readonly state: string
  /** Jars. Can be removed at any time that no part is up; they are then downloaded again. */
  readonly cache: string
}

/** They would end a path in a class path, a list of folders, a line of a configuration file, or a template. */
const breaksPaths = /[:;,{}\p{Cc}]/u

/** The path, if nothing in it would break what reads it; `variable` says where it comes from. */
export const checked = (path: string, variable: string, breaks = breaksPaths): string => {
  const found = breaks.exec(path)
  if (found === null) return path
  const message = `folder "${path}": the engines cannot take ${JSON.stringify(found[0])} in a path; set ${variable} to another one`
  throw new StreamError('stack/usage', message)
}

const absolute = (path: string | undefined): string | undefined =>
  path === undefined || path === '' ? undefined : resolve(path)

/** `TEXTSTREAM_STATE` and `TEXTSTREAM_CACHE`, else what XDG says about such folders. */
export const foldersFrom = (environment: NodeJS.ProcessEnv): Folders => {
  const home = absolute(environment.HOME) ?? homedir()
  const under = (base: string | undefined, usual: string) => join(absolute(base) ?? join(home, usual), 'textstream')
  const state = absolute(environment.TEXTSTREAM_STATE) ?? under(environment.XDG_STATE_HOME, '.local/state')
  const cache = absolute(environment.TEXTSTREAM_CACHE) ?? under(environment.XDG_CACHE_HOME, '.cache')
  return {
    state: join(checked(state, 'TEXTSTREAM_STATE'), 'stack'),
    cache: join(checked(cache, 'TEXTSTREAM_CACHE'), 'jars'),
  }
}
