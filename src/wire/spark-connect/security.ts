import { readFileSync } from 'node:fs'
import { reasonOf, StreamError } from '../../std/error.ts'
import { isThisMachine, type SparkAddress, sparkName } from './address.ts'

/** How to speak to the server. Nothing of it is ever part of a name, a message or a log. */
export interface SparkSecurity {
  /** TLS with these certificates of authorities (PEM); `undefined` in it: with the system's. Absent: as the address says. */
  readonly tls?: { readonly ca: Buffer | undefined }
  /** A bearer token. Goes over TLS only, but to this machine. */
  readonly token?: string
}

const prefix = 'TEXTSTREAM_SPARK_'

const usage = (message: string, cause?: unknown) => new StreamError('spark/usage', message, { cause })

const fileOf = (name: string, path: string): Buffer => {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw usage(`${prefix}${name}: ${reasonOf(cause)}; give the path of a file that can be read`, cause)
  }
}

type Get = (name: string) => string | undefined

const tlsOf = (get: Get): SparkSecurity['tls'] => {
  const ca = get('TLS_CA')
  if (ca !== undefined) return { ca: fileOf('TLS_CA', ca) }
  return /^(?:1|true|yes|on)$/i.test(get('TLS') ?? '') ? { ca: undefined } : undefined
}

const checked = (token: string | undefined): string | undefined => {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token
  throw usage('the token for Spark is empty, or holds spaces or other characters that no header can carry')
}

const tokenOf = (get: Get): string | undefined => {
  const [given, path] = [get('TOKEN'), get('TOKEN_FILE')]
  if (given !== undefined && path !== undefined)
    throw usage(`${prefix}TOKEN and ${prefix}TOKEN_FILE are both set; unset one`)
  return checked(path === undefined ? given : fileOf('TOKEN_FILE', path).toString().trim())
}

/** What the environment says of it; an empty variable counts as unset. Throws `spark/usage` if that makes no sense. */
export const sparkSecurity = (environment: NodeJS.ProcessEnv): SparkSecurity => {
  const get: Get = name => environment[prefix + name] || undefined
  const [tls, token] = [tlsOf(get), tokenOf(get)]
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
