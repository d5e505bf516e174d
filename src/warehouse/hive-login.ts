import { Variables } from '../wire/variables.ts'
import type { HiveLogin } from './hive-server.ts'

/** Who asks, as the environment says; a server that checks nobody takes anybody. Throws `hive/usage` if that makes no sense. */
export const hiveLogin = (environment: NodeJS.ProcessEnv): HiveLogin => {
  const variables = new Variables(environment, 'TEXTSTREAM_HIVE_', 'hive/usage')
  const password = variables.secret('PASSWORD', text => text.trimEnd())
  return { user: variables.get('USER') ?? 'textstream', password: password ?? 'textstream' }
}
