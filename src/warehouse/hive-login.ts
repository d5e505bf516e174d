import { readFileSync } from 'node:fs'
import { reasonOf, StreamError } from '../std/error.ts'
import type { HiveLogin } from './hive-server.ts'

const prefix = 'TEXTSTREAM_HIVE_'

const fileOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch (cause) {
    throw new StreamError('hive/usage', `${prefix}PASSWORD_FILE: ${reasonOf(cause)}; give a file that can be read`, {
      cause,
    })
  }
}

/** Who asks, as the environment says; a server that checks nobody takes anybody. Throws `hive/usage` if that makes no sense. */
export const hiveLogin = (environment: NodeJS.ProcessEnv): HiveLogin => {
  const get = (name: string) => environment[prefix + name] || undefined
  const [password, path] = [get('PASSWORD'), get('PASSWORD_FILE')]
  if (password !== undefined && path !== undefined)
    throw new StreamError('hive/usage', `${prefix}PASSWORD and ${prefix}PASSWORD_FILE are both set; unset one`)
  const given = path === undefined ? password : fileOf(path)
  return { user: get('USER') ?? 'textstream', password: given ?? 'textstream' }
}
