import { Option } from 'commander'

const levels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

export type LogLevel = (typeof levels)[number]

export const logLevel = (): Option =>
  new Option('--log-level <level>', 'what is logged on standard error').choices(levels).default('warn')

export const loggerOf = async (level: LogLevel) => {
  const { pino } = await import('pino')
  return pino({ level }, pino.destination(2))
}
