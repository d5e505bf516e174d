import { StreamError } from '../std/error.ts'

/** A HiveServer2 that is asked over TCP. */
export interface HiveAddress {
  readonly host: string
  readonly port: number
  readonly database: string
  /** `host:port`, for messages. */
  readonly name: string
}

const portDefault = 10_000

const usage = (text: string, why: string) =>
  new StreamError(
    'hive/usage',
    `"${text}" is no HiveServer2: ${why}; write it as 10000, host:10000 or jdbc:hive2://host:10000/db`,
  )

/** A port of this machine, `host`, `host:port`, or as JDBC has it, `jdbc:hive2://host:port/database`. */
export const parseHiveAddress = (text: string): HiveAddress => {
  const rest = text.replace(/^jdbc:hive2:\/\//i, '')
  const parts =
    /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[\w.-]+))(?::(?<port>\d+))?(?:\/(?<database>[^;?#]*)(?<options>.*))?$/is.exec(
      rest,
    )
  if (parts === null) throw usage(text, 'it has no host and port')
  const { six, host: named = '', port: digits, database = '', options = '' } = parts.groups!
  if (options !== '') throw usage(text, `what stands behind the database, "${options}", is not known here`)
  if (database !== '' && !/^\w+$/.test(database)) throw usage(text, `"${database}" is no database`)
  const isPort = six === undefined && digits === undefined && /^\d+$/.test(named)
  const host = isPort ? '127.0.0.1' : (six ?? named)
  const port = Number((isPort ? named : digits) ?? portDefault)
  if (port < 1 || port > 65_535) throw usage(text, `${port} is no port`)
  const name = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return { host, port, database: database === '' ? 'default' : database, name }
}
