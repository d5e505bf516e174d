import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { ownFolder } from '../std/folders.ts'

const setting = /^TEXTSTREAM_[A-Z0-9_]+$/
/** Wanted before the file is read. */
const earlier = new Set(['TEXTSTREAM_CONFIG', 'TEXTSTREAM_NODE'])
const othersMayRead = 0o077

const usage = (message: string, cause?: unknown) => new StreamError('config/usage', message, { cause })

/** `TEXTSTREAM_CONFIG`, which may be empty for none; else where XDG has such files. */
const pathFrom = (environment: NodeJS.ProcessEnv): string =>
  environment.TEXTSTREAM_CONFIG ?? join(ownFolder('config', environment), 'config.env')

const read = (path: string, mayBeAbsent: boolean): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (mayBeAbsent && (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR')) return ''
    throw usage(
      `configuration "${path}": ${reasonOf(cause)}; give a file that can be read with TEXTSTREAM_CONFIG`,
      cause,
    )
  }
}

const refuseStrange = (path: string, names: readonly string[]) => {
  const strange = names.find(name => !setting.test(name) || earlier.has(name))
  if (strange === undefined) return
  const why = earlier.has(strange)
    ? 'is looked for before this file is read: set it in the environment'
    : 'is no setting'
  throw usage(`configuration "${path}": "${strange}" ${why}; a setting is TEXTSTREAM_ and an option's name in capitals`)
}

const refuseOpenSecrets = (path: string, names: readonly string[]) => {
  const secret = names.find(name => name.endsWith('_PASSWORD'))
  if (secret === undefined || (statSync(path).mode & othersMayRead) === 0) return
  throw usage(`configuration "${path}" holds ${secret}, and others may read it; run: chmod 600 "${path}"`)
}

/**
 * Puts into the environment what the configuration file has and the environment lacks: lines `TEXTSTREAM_…=value`, as
 * of a .env file. Throws `config/usage` if there is one that makes no sense.
 */
export const addConfiguration = (environment: NodeJS.ProcessEnv): void => {
  const path = pathFrom(environment)
  if (path === '') return
  const settings = parseEnv(read(path, environment.TEXTSTREAM_CONFIG === undefined))
  const names = Object.keys(settings)
  refuseStrange(path, names)
  refuseOpenSecrets(path, names)
  for (const name of names) environment[name] ??= settings[name]
}
