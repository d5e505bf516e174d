import type { KafkaSecurity } from '../../topic/kafka-security.ts'

const jaasText = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`

const protocolOf = ({ tls, sasl }: KafkaSecurity) => `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`

/** The same login for the client with which Spark reads. */
export const kafkaOptions = (security: KafkaSecurity): Readonly<Record<string, string>> => {
  const { tls, sasl } = security
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
  return {
    ...((tls ?? sasl) && { 'kafka.security.protocol': protocolOf(security) }),
    ...(tls?.ca && {
      'kafka.ssl.truststore.type': 'PEM',
      'kafka.ssl.truststore.certificates': tls.ca.toString(),
    }),
    ...(sasl && {
      'kafka.sasl.mechanism': 'PLAIN',
      'kafka.sasl.jaas.config': `${login} username=${jaasText(sasl.username)} password=${jaasText(sasl.password)};`,
    }),
  }
}
