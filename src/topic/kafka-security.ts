import { readFileSync } from 'node:fs'
import { reasonOf, StreamError } from '../std/error.ts'

/** How to speak to the brokers. Nothing of it is ever part of a name, a message or a log. */
export interface KafkaSecurity {
  /** TLS with these certificates of authorities (PEM); `undefined` in it: with the system's. Absent: no TLS. */
  readonly tls?: { readonly ca: Buffer | undefined }
  /** SASL PLAIN. */
  readonly sasl?: { readonly username: string; readonly password: string }
}

const prefix = 'TEXTSTREAM_KAFKA_'

const usage = (message: string, cause?: unknown) => new StreamError('kafka/usage', message, { cause })

const fileOf = (name: string, path: string): Buffer => {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw usage(`${name}: ${reasonOf(cause)}; give the path of a file that can be read`, cause)
  }
}

type Get = (name: string) => string | undefined

const tlsOf = (get: Get): KafkaSecurity['tls'] => {
  const ca = get('TLS_CA')
  if (ca !== undefined) return { ca: fileOf(`${prefix}TLS_CA`, ca) }
  return /^(?:1|true|yes|on)$/i.test(get('TLS') ?? '') ? { ca: undefined } : undefined
}

const passwordOf = (get: Get): string | undefined => {
  const [given, path] = [get('SASL_PASSWORD'), get('SASL_PASSWORD_FILE')]
  if (given !== undefined && path !== undefined)
    throw usage(`${prefix}SASL_PASSWORD and ${prefix}SASL_PASSWORD_FILE are both set; unset one`)
  return path === undefined
    ? given
    : fileOf(`${prefix}SASL_PASSWORD_FILE`, path)
        .toString()
        .replace(/\r?\n$/, '')
}

const saslOf = (get: Get): KafkaSecurity['sasl'] => {
  const [username, password] = [get('SASL_USERNAME'), passwordOf(get)]
  if (username === undefined && password === undefined) return undefined
  if (username !== undefined && password !== undefined) return { username, password }
  const missing = username === undefined ? 'SASL_USERNAME' : 'SASL_PASSWORD_FILE (or SASL_PASSWORD)'
  throw usage(`half of a login to Kafka is set; set ${prefix}${missing} too`)
}

/** What the environment says of it; an empty variable counts as unset. Throws `kafka/usage` if that makes no sense. */
export const kafkaSecurity = (environment: NodeJS.ProcessEnv): KafkaSecurity => {
  const get: Get = name => environment[prefix + name] || undefined
  const [tls, sasl] = [tlsOf(get), saslOf(get)]
  return { ...(tls !== undefined && { tls }), ...(sasl !== undefined && { sasl }) }
}
