import { StreamError } from '../std/error.ts'
import { type Tls, Variables } from '../wire/variables.ts'

/** How to speak to the brokers. Nothing of it is ever part of a name, a message or a log. */
export interface KafkaSecurity {
  /** Absent: no TLS. */
  readonly tls?: Tls
  /** SASL PLAIN. */
  readonly sasl?: { readonly username: string; readonly password: string }
}

const prefix = 'TEXTSTREAM_KAFKA_'

const saslOf = (variables: Variables): KafkaSecurity['sasl'] => {
  const username = variables.get('SASL_USERNAME')
  const password = variables.secret('SASL_PASSWORD', text => text.replace(/\r?\n$/, ''))
  if (username === undefined && password === undefined) return undefined
  if (username !== undefined && password !== undefined) return { username, password }
  const missing = username === undefined ? 'SASL_USERNAME' : 'SASL_PASSWORD_FILE (or SASL_PASSWORD)'
  throw new StreamError('kafka/usage', `half of a login to Kafka is set; set ${prefix}${missing} too`)
}

/** What the environment says of it; an empty variable counts as unset. Throws `kafka/usage` if that makes no sense. */
export const kafkaSecurity = (environment: NodeJS.ProcessEnv): KafkaSecurity => {
  const variables = new Variables(environment, prefix, 'kafka/usage')
  const [tls, sasl] = [variables.tls(), saslOf(variables)]
  return { ...(tls !== undefined && { tls }), ...(sasl !== undefined && { sasl }) }
}
