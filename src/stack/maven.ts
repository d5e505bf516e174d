import type { StreamError } from '../std/error.ts'
import { failure, runClient } from './download.ts'

/** Pinned, as the jars are. */
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

const downloadMsMax = 15 * 60_000
const idleMsMax = 180_000

export interface Running {
  readonly maven: string
  /** Of the JVM that was found fit, so that Maven takes no other. */
  readonly java: string
  /** Where a goal needs one. */
  readonly pom?: string
  readonly environment: NodeJS.ProcessEnv
  /** Told each line that Maven says. */
  readonly onLine: (line: string) => void
}

export interface Copying extends Running {
  readonly into: string
}

const complaint = (line: string) =>
  line
    .slice('[ERROR]'.length)
    .replace(/ -> \[Help \d+\]$/, '')
    .trim()

/** Maven's words about a failure, as an error that says what to do. */
export const failureOf = (lines: readonly string[], why: string, doing = 'download jars'): StreamError => {
  const errors = lines.filter(line => line.startsWith('[ERROR]')).map(complaint)
  return failure({
    what: `${doing} by Maven`,
    code: 'stack/maven',
    why,
    errors: errors.length > 0 ? errors : lines.slice(-1),
    mirror: '~/.m2/settings.xml',
  })
}

/** Runs Maven; `doing` is what for, in words. */
export const runMaven = async (running: Running, goals: readonly string[], doing: string): Promise<void> => {
  const { maven, java, pom, environment, onLine } = running
  const { why, lines } = await runClient({
    path: maven,
    // -U asks again for what could not be had before.
    arguments: ['-B', '-U', ...(pom === undefined ? [] : ['-f', pom]), ...goals],
    environment: { ...environment, JAVACMD: java },
    msMax: downloadMsMax,
    idleMsMax,
    onLine,
  })
  if (why !== undefined) throw failureOf(lines, why, doing)
}

/** Copies the jars that a pom names, and those that they need, into a folder. */
export const copyJars = ({ into, ...running }: Copying): Promise<void> =>
  runMaven(
    running,
    [`-DoutputDirectory=${into}`, '-DincludeScope=runtime', `${plugin}:copy-dependencies`],
    'download jars',
  )

/** Copies one artifact, `group:name:version:type:classifier`. */
export const copyArtifact = (artifact: string, { into, ...running }: Copying): Promise<void> =>
  runMaven(running, [`-Dartifact=${artifact}`, `-DoutputDirectory=${into}`, `${plugin}:copy`], `download ${artifact}`)
