import { StreamError } from '../std/error.ts'
import { follow, logsOf, tailOf } from './log-files.ts'
import { partNamed } from './parts.ts'
import { exists, placeOf } from './place.ts'
import type { Stack } from './stack.ts'

export interface LogsOptions {
  /** Of each daemon, to begin with. */
  readonly lines: number
  /** If given, goes on with what is written from now on, until it aborts. */
  readonly signal?: AbortSignal
}

/** The log of a part's daemons, line by line and harmless to show. A part that never ran is an error. */
export async function* logs({ parts, folders }: Stack, name: string, options: LogsOptions): AsyncGenerator<string> {
  const part = partNamed(parts, name)
  const place = placeOf(folders, name)
  if (!(await exists(place.logs)))
    throw new StreamError('stack/no-logs', `"${name}" has no logs yet; start it: textstream stack up ${name}`)
  for (const daemon of part.daemons) yield* await tailOf(place, daemon.name, options.lines)
  if (options.signal === undefined) return
  const paths = part.daemons.flatMap(daemon => logsOf(place, daemon.name))
  yield* follow(paths, options.signal)
}
