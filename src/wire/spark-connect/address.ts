import { StreamError } from '../../std/error.ts'

/** A Spark Connect server, as Spark itself writes it: `sc://host:port`, with `/;use_ssl=true` and `;user_id=…` behind. */
export interface SparkAddress {
  readonly host: string
  readonly port: number
  /** Absent: TLS if there is a token, but not on this machine. */
  readonly tls?: boolean
  readonly user?: string
}

const scheme = 'sc://'
const portDefault = 15_002
const example = 'sc://localhost:15002'

const usage = (message: string) => new StreamError('spark/usage', message)

/** Whether the text means a Spark Connect server, well written or not. */
export const isSparkAddress = (text: string): boolean => /^sc:/i.test(text)

/** They would show in the list of processes: not even the message repeats them. */
const refuseSecrets = (text: string) => {
  if (!/@|[;/?&](?:token|session_id)=/i.test(text)) return
  throw usage('an address of Spark holds no token, password or session; set TEXTSTREAM_SPARK_TOKEN_FILE instead')
}

const portOf = (digits: string | undefined, text: string): number => {
  const port = digits === undefined ? portDefault : Number(digits)
  if (port >= 1 && port <= 65_535) return port
  throw usage(`"${text}": "${digits}" is no port; give 1 to 65535`)
}

const decoded = (value: string, text: string): string => {
  try {
    return decodeURIComponent(value)
  } catch {
    throw usage(`"${text}": "${value}" is not percent-encoded; write "%" as "%25"`)
  }
}

const flagOf = (value: string, text: string): boolean => {
  if (value === 'true' || value === 'false') return value === 'true'
  throw usage(`"${text}": use_ssl is "${value}"; give true or false`)
}

const optionsOf = (list: string, text: string): Pick<SparkAddress, 'tls' | 'user'> => {
  let options: Pick<SparkAddress, 'tls' | 'user'> = {}
  for (const option of list.split(';').filter(of => of !== '')) {
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(option) ?? [option, option, '']
    if (name === 'use_ssl') options = { ...options, tls: flagOf(value, text) }
    else if (name === 'user_id' && value !== '') options = { ...options, user: decoded(value, text) }
    else throw usage(`"${text}": "${name}" is no option that is known here; there are use_ssl=true and user_id=NAME`)
  }
  return options
}

/** `sc://host`, `host:port` or a port. Throws `spark/usage`. */
export const parseSparkAddress = (text: string): SparkAddress => {
  refuseSecrets(text)
  if (/^\d+$/.test(text)) return { host: 'localhost', port: portOf(text, text) }
  const rest = isSparkAddress(text) ? text.slice(scheme.length) : text
  const parts = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[\w.-]+))(?::(?<port>\d+))?(?:\/?|\/;(?<options>.*))$/is.exec(rest)
  if (parts === null || (isSparkAddress(text) && !text.toLowerCase().startsWith(scheme)))
    throw usage(`"${text}" is no address of a Spark Connect server; write it as ${example}`)
  const { six, host, port, options = '' } = parts.groups!
  return { host: (six ?? host)!, port: portOf(port, text), ...optionsOf(options, text) }
}

export const hostText = ({ host, port }: SparkAddress): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** The one spelling of an address, without its options. */
export const sparkName = (address: SparkAddress): string => `${scheme}${hostText(address)}`

export const isThisMachine = ({ host }: SparkAddress): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host)
