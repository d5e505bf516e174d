import { StreamError } from '../../std/error.ts'
import { type Tls, Variables } from '../variables.ts'
import { isThisMachine, type SparkAddress, sparkName } from './address.ts'

/** How to speak to the server. Nothing of it is ever part of a name, a message or a log. */
export interface SparkSecurity {
  /** Absent: as the address says. */
  readonly tls?: Tls
  /** A bearer token. Goes over TLS only, but to this machine. */
  readonly token?: string
}

const prefix = 'TEXTSTREAM_SPARK_'

const usage = (message: string) => new StreamError('spark/usage', message)

const checked = (token: string | undefined): string | undefined => {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token
  throw usage('the token for Spark is empty, or holds spaces or other characters that no header can carry')
}

/** What the environment says of it; an empty variable counts as unset. Throws `spark/usage` if that makes no sense. */
export const sparkSecurity = (environment: NodeJS.ProcessEnv): SparkSecurity => {
  const variables = new Variables(environment, prefix, 'spark/usage')
  const [tls, token] = [variables.tls(), checked(variables.secret('TOKEN', text => text.trim()))]
  return { ...(tls !== undefined && { tls }), ...(token !== undefined && { token }) }
}

/** As Spark's own clients do: a token asks for TLS, and stays on this machine without it. */
export const speaksTls = (address: SparkAddress, { tls, token }: SparkSecurity): boolean => {
  if (address.tls === false && tls !== undefined)
    throw usage(`${sparkName(address)} says use_ssl=false, and ${prefix}TLS or ${prefix}TLS_CA is set; unset one`)
  const wants = address.tls ?? (tls !== undefined || (token !== undefined && !isThisMachine(address)))
  if (wants || token === undefined || isThisMachine(address)) return wants
  throw usage(`${sparkName(address)}: a token goes to another machine over TLS only; leave out use_ssl=false`)
}
