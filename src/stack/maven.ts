import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'

/** Pinned, as the jars are. */
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

const downloadMsMax = 15 * 60_000
/** Without a line from Maven. */
const idleMsMax = 180_000
const keptLinesMax = 2_000

export interface Running {
  readonly maven: string
  /** Of the JVM that was found fit, so that Maven takes no other. */
  readonly java: string
  readonly pom: string
  readonly environment: NodeJS.ProcessEnv
  /** Told each line that Maven says. */
  readonly onLine: (line: string) => void
}

export interface Copying extends Running {
  readonly into: string
}

const noNetwork =
  /unknown host|UnknownHostException|connection refused|connect timed out|read timed out|timeout|network is unreachable|no route to host|temporary failure in name resolution|name or service not known|connection reset/i
const diskFull = /no space left on device|disk quota exceeded/i

const whatToDo =
  'is there internet? a proxy or a mirror is set in ~/.m2/settings.xml; once they are here, the network is not needed any more'

/** Maven's words about a failure, as an error that says what to do. */
export const failureOf = (lines: readonly string[], why: string, doing = 'download jars'): StreamError => {
  const errors = lines
    .filter(line => line.startsWith('[ERROR]'))
    .map(line =>
      line
        .slice('[ERROR]'.length)
        .replace(/ -> \[Help \d+\]$/, '')
        .trim(),
    )
  const telling = errors.find(line => diskFull.test(line)) ?? errors.find(line => noNetwork.test(line)) ?? errors[0]
  const says = harmless(telling ?? lines.at(-1) ?? 'nothing')
  if (diskFull.test(says))
    return new StreamError('stack/disk-full', `${doing} by Maven: ${says}; make room and start again`)
  if (noNetwork.test(says)) return new StreamError('stack/unreachable', `${doing} by Maven: ${says}; ${whatToDo}`)
  return new StreamError('stack/maven', `${doing} by Maven: ${why}: ${says}`)
}

/** Runs Maven on a pom; `doing` is what for, in words. */
export const runMaven = async (
  { maven, java, pom, environment, onLine }: Running,
  goals: readonly string[],
  doing: string,
): Promise<void> => {
  const env = { ...environment, JAVACMD: java }
  // -U asks again for what could not be had before.
  const child = spawn(maven, ['-B', '-U', '-f', pom, ...goals], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: downloadMsMax,
  })
  const closed = once(child, 'close')
  const idle = setTimeout(() => child.kill(), idleMsMax)
  const kept: string[] = []
  const keep = (line: string) => {
    idle.refresh()
    if (kept.push(line) > keptLinesMax) kept.shift()
  }
  createInterface({ input: child.stderr }).on('line', keep)
  for await (const line of createInterface({ input: child.stdout })) {
    keep(line)
    onLine(line)
  }
  clearTimeout(idle)
  const [code, signal] = await closed
  if (code === 0) return
  throw failureOf(kept, signal === null ? `it ended with ${code}` : `it took too long, and was ended`, doing)
}

/** Copies the jars that a pom names, and those that they need, into a folder. */
export const copyJars = ({ into, ...running }: Copying): Promise<void> =>
  runMaven(running, [`-DoutputDirectory=${into}`, '-DincludeScope=runtime', copyDependencies], 'download jars')
