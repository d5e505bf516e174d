import type { StreamError } from '../std/error.ts'
import { failure, runClient } from './download.ts'

/** Pinned, as the jars are. */
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

const downloadMsMax = 15 * 60_000
const idleMsMax = 180_000

export interface Maven {
  readonly maven: string
  /** Of the JVM that was found fit, so that Maven takes no other. */
  readonly java: string
  readonly into: string
  readonly environment: NodeJS.ProcessEnv
  /** Told each line that Maven says. */
  readonly onLine: (line: string) => void
}

const complaint = (line: string) =>
  line
    .slice('[ERROR]'.length)
    .replace(/ -> \[Help \d+\]$/, '')
    .trim()

/** Maven's words about a failure, as an error that says what to do. */
export const failureOf = (lines: readonly string[], why: string): StreamError => {
  const errors = lines.filter(line => line.startsWith('[ERROR]')).map(complaint)
  return failure({
    what: 'download jars by Maven',
    code: 'stack/maven',
    why,
    errors: errors.length > 0 ? errors : lines.slice(-1),
    mirror: '~/.m2/settings.xml',
  })
}

const run = async ({ maven, java, environment, onLine }: Maven, ...args: string[]): Promise<void> => {
  const { why, lines } = await runClient({
    path: maven,
    // -U asks again for what could not be had before.
    arguments: ['-B', '-U', ...args],
    environment: { ...environment, JAVACMD: java },
    msMax: downloadMsMax,
    idleMsMax,
    onLine,
  })
  if (why !== undefined) throw failureOf(lines, why)
}

/** Copies the jars that a pom names, and those that they need, into a folder. */
export const copyJars = (pom: string, maven: Maven): Promise<void> =>
  run(maven, '-f', pom, `-DoutputDirectory=${maven.into}`, '-DincludeScope=runtime', `${plugin}:copy-dependencies`)

/** Copies one artifact, `group:name:version:type:classifier`. */
export const copyArtifact = (artifact: string, maven: Maven): Promise<void> =>
  run(maven, `-Dartifact=${artifact}`, `-DoutputDirectory=${maven.into}`, `${plugin}:copy`)
