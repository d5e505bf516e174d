import { NetworkError, ProtocolError } from '@platformatic/kafka'
import { reasonOf, StreamError } from '../std/error.ts'
import { brokersText, type KafkaAddress } from './kafka-address.ts'
import { type Fetched, fault, isPassingFault, type Produced } from './kafka-wire.ts'

/** Every error that hides in one that the client library threw: causes, and the members of lists. */
function* within(thrown: unknown): Generator<Error & Record<string, unknown>> {
  if (!(thrown instanceof Error)) return
  yield thrown as Error & Record<string, unknown>
  if (thrown instanceof AggregateError) for (const one of thrown.errors) yield* within(one)
  yield* within(thrown.cause)
}

const some = (thrown: unknown, is: (error: Error & Record<string, unknown>) => boolean): boolean =>
  within(thrown).some(is)

const isTls = (thrown: unknown) =>
  some(
    thrown,
    ({ code, message }) =>
      /^(?:ERR_TLS_|ERR_SSL_|UNABLE_TO_|CERT_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(String(code)) ||
      /requires TLS|TLS handshake/.test(message),
  )

/** Not one whose connection ended before the broker could say what it makes of the login. */
const isRefusedLogin = ({ code, cause }: Error & Record<string, unknown>) =>
  code === 'PLT_KFK_AUTHENTICATION' && !(cause instanceof NetworkError)

const isUnauthenticated = (thrown: unknown) =>
  some(
    thrown,
    error =>
      isRefusedLogin(error) ||
      ['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE'].includes(String(error.apiId)),
  )

const isForbidden = (thrown: unknown) => some(thrown, ({ apiId }) => /_AUTHORIZATION_FAILED$/.test(String(apiId)))

export const isAbsent = (thrown: unknown) =>
  some(thrown, ({ apiId, message }) => apiId === 'UNKNOWN_TOPIC_OR_PARTITION' || /^Unknown topic \S+\.$/.test(message))

/** Kafka's own name of what went wrong, if a broker said it. */
export const apiIdOf = (thrown: unknown): string | undefined => {
  const said = within(thrown).find(({ apiId }) => typeof apiId === 'string')
  return said?.apiId as string | undefined
}

const isNetwork = (thrown: unknown) =>
  some(thrown, ({ code }) =>
    ['PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT', 'PLT_KFK_UNEXPECTED_CORRELATION_ID', 'ECONNREFUSED', 'ECONNRESET'].includes(
      String(code),
    ),
  )

/** The innermost reason says the most: `connect ECONNREFUSED 127.0.0.1:9092`. */
const rootOf = (thrown: unknown): string => {
  const said = [...within(thrown)].map(({ message }) => message).filter(message => message !== '')
  return said.at(-1) ?? reasonOf(thrown)
}

/** Trying again may help: nobody answered, or a broker is not yet what it will be. */
export const isPassing = (thrown: unknown): boolean => {
  if (thrown instanceof StreamError) return false
  if (isTls(thrown) || isUnauthenticated(thrown) || isForbidden(thrown) || isAbsent(thrown)) return false
  return isNetwork(thrown) || some(thrown, ({ canRetry, apiId }) => apiId !== undefined && canRetry === true)
}

export const notFound = (address: KafkaAddress, doing: string): StreamError =>
  new StreamError(
    'topic/not-found',
    `${doing} topic "${address.topic}" at ${brokersText(address)}: there is no such topic; textstream produce -k ${brokersText(address)} -t ${address.topic} --create-topic makes it`,
  )

/** For whoever was at it already. */
export const gone = (address: KafkaAddress, doing: string): StreamError =>
  new StreamError(
    'topic/not-found',
    `${doing} topic "${address.topic}" at ${brokersText(address)}: it was deleted meanwhile; what it held is gone with it`,
  )

const words: Readonly<Record<number, string>> = {
  [fault.messageTooLarge]: 'the batch is larger than its max.message.bytes; raise that, or use smaller chunks',
  [fault.outOfOrder]: 'the broker has lost records that it had acknowledged, or another one leads that never had them',
  [fault.unknownProducer]: 'the broker has forgotten this producer, as retention deleted all that it wrote',
}

/** Without the broker's own error in it: a topic that is not known at the moment is not yet one that is gone. */
const passingFault = (partition: number, why: string) => new NetworkError(`partition ${partition}: ${why}`)

/** What became of a batch that the broker did not take. */
export const refusedBatch = (address: KafkaAddress, { partition, fault: code, message }: Produced): Error => {
  const why = words[code] ?? (message || new ProtocolError(code).message)
  const place = `append to topic "${address.topic}" at ${brokersText(address)}, partition ${partition}`
  if (isPassingFault(code)) return passingFault(partition, why)
  if (code === fault.topicRefused || code === fault.clusterRefused) return new ProtocolError(code)
  return new StreamError(
    'topic/append',
    `${place}: ${why}; nothing from there on is acknowledged: start again, it goes on where the topic ends`,
  )
}

/** Why a partition was not read. */
export const refusedFetch = ({ partition, fault: code }: Fetched): Error => {
  const cause = new ProtocolError(code)
  return isPassingFault(code) ? passingFault(partition, cause.message) : cause
}

const closedHint = (reason: string) =>
  /closed/i.test(reason) ? ' (does it want TLS, or a login? see TEXTSTREAM_KAFKA_TLS_CA, …_SASL_USERNAME)' : ''

/** What a person is told; StreamErrors pass. `code` is for what has no code of its own. */
export const faultOf = (
  thrown: unknown,
  address: KafkaAddress,
  doing: string,
  code: `topic/${string}` = 'topic/unreadable',
): StreamError => {
  if (thrown instanceof StreamError) return thrown
  const what = `${doing} topic "${address.topic}" at ${brokersText(address)}`
  const why = rootOf(thrown).replace(/; if the root CA is installed locally.*$/, '')
  const error = (reason: `topic/${string}`, message: string) => new StreamError(reason, message, { cause: thrown })
  if (isTls(thrown))
    return error('topic/tls', `${what}: ${why}; set TEXTSTREAM_KAFKA_TLS_CA to the authority's file, or unset it`)
  if (isUnauthenticated(thrown))
    return error(
      'topic/refused',
      `${what}: the broker refuses the login; check TEXTSTREAM_KAFKA_SASL_USERNAME and its password`,
    )
  if (isForbidden(thrown)) return error('topic/refused', `${what}: this login may not do that; ask for the right`)
  if (isAbsent(thrown)) return notFound(address, doing)
  if (isNetwork(thrown))
    return error(
      'topic/unreachable',
      `${what}: ${why}${closedHint(why)}; is the broker up? try: textstream stack up kafka`,
    )
  return error(code, `${what}: ${why}; the broker's log may say more`)
}
