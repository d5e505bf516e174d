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

export interface Copying {
  readonly maven: string
  /** Of the JVM that was found fit, so that Maven takes no other. */
  readonly java: string
  readonly pom: string
  readonly into: string
  readonly environment: NodeJS.ProcessEnv
  /** Told each line that Maven says. */
  readonly onLine: (line: string) => void
}

const noNetwork =
  /unknown host|UnknownHostException|connection refused|connect timed out|read timed out|timeout|network is unreachable|no route to host|temporary failure in name resolution|name or service not known|connection reset/i
const diskFull = /no space left on device|disk quota exceeded/i

const whatToDo =
  'is there internet? a proxy or a mirror is set in ~/.m2/settings.xml; once they are here, the network is not needed any more'

/** Maven's words about a failure, as an error that says what to do. */
export const failureOf = (lines: readonly string[], why: string): StreamError => {
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
    return new StreamError('stack/disk-full', `download jars by Maven: ${says}; make room and start again`)
  if (noNetwork.test(says)) return new StreamError('stack/unreachable', `download jars by Maven: ${says}; ${whatToDo}`)
  return new StreamError('stack/maven', `download jars by Maven: ${why}: ${says}`)
}

/** Copies the jars that a pom names, and those that they need, into a folder. */
export const copyJars = async ({ maven, java, pom, into, environment, onLine }: Copying): Promise<void> => {
  // -U asks again for what could not be had before.
  const args = ['-B', '-U', '-f', pom, `-DoutputDirectory=${into}`, '-DincludeScope=runtime', copyDependencies]
  const env = { ...environment, JAVACMD: java }
  const child = spawn(maven, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: downloadMsMax })
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
  throw failureOf(kept, signal === null ? `it ended with ${code}` : `it took too long, and was ended`)
}
