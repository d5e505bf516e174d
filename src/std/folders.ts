import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

const kinds = {
  config: { variable: 'XDG_CONFIG_HOME', usual: '.config' },
  state: { variable: 'XDG_STATE_HOME', usual: '.local/state' },
  cache: { variable: 'XDG_CACHE_HOME', usual: '.cache' },
} as const

const absolute = (path: string | undefined): string | undefined => (path ? resolve(path) : undefined)

/**
 * Where this program keeps files of a kind, for the person who runs it: in the folder `TEXTSTREAM_STATE` or
 * `TEXTSTREAM_CACHE`, else where XDG has such files. A variable that is empty counts as not set.
 */
export const ownFolder = (kind: keyof typeof kinds, environment: NodeJS.ProcessEnv): string => {
  const { variable, usual } = kinds[kind]
  const named = kind === 'config' ? undefined : absolute(environment[`TEXTSTREAM_${kind.toUpperCase()}`])
  const home = absolute(environment.HOME) ?? homedir()
  return named ?? join(absolute(environment[variable]) ?? join(home, usual), 'textstream')
}
