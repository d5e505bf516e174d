import type { Identity } from './process.ts'

/**
 * A part: one real engine that the stack starts, as data. A declaration in `parts/` names its ports, programs and
 * checks; the folder `installations/<name>/` holds what people may want to read or change:
 *
 * - `pom.xml` with pinned coordinates and `jars.sha256` with what they resolve to, if it runs on the JVM;
 * - `conf/`, templates of its configuration.
 *
 * Every text below, and every file in `conf/`, may name variables as `{{name}}`; see variables.ts.
 */
export interface Part {
  readonly name: string
  readonly is: string
  /** Parts that are started before this one, and ended after it. */
  readonly needs: readonly string[]
  /** Parts that it works with where they are up or started with it, and without otherwise. */
  readonly uses?: readonly string[]
  /** Its data belongs to the parts that it used when it was made: from then on it needs those, and no others. */
  readonly isBoundToUses?: true
  /** Parts whose jars it runs on too, whether or not they are up: `{{<part>.lib}}`. */
  readonly libs?: readonly string[]
  readonly bundles?: readonly Bundle[]
  /** More variables, by the parts that it needs and uses this time. They may name others. */
  readonly variables?: (needs: readonly string[]) => Readonly<Record<string, string>>
  /** Where it listens, on loopback only, before an offset is added. */
  readonly ports: Ports
  /** What must not be in the path of any of its folders, beside what none may hold (folders.ts). */
  readonly breaksPaths?: RegExp
  /** What all of its daemons take when they are busy. */
  readonly memoryMiB: number
  /** In the order in which they start. */
  readonly daemons: readonly Daemon[]
  /** What `doctor` should tell people about a part that is up. */
  readonly advice?: (ports: Ports, signal: AbortSignal) => Promise<string[]>
}

export type Ports = Readonly<Record<string, number>>

export interface Daemon {
  readonly name: string
  /** Which of its part's ports it listens on. */
  readonly ports: readonly string[]
  readonly program: Program
  /**
   * Run to its end before the daemon's first start, with `{{data.<daemon>}}` an empty folder that takes its place only
   * once this succeeded: data is either formatted or not there.
   */
  readonly format?: Program
  /** Its data is for a start after a crash only: ending it removes it. */
  readonly forgets?: boolean
  /**
   * Resolves if the daemon does its work, not only listens; rejects with the reason why it doesn't, at the latest when
   * the signal aborts.
   */
  readonly ready: (ports: Ports, signal: AbortSignal) => Promise<void>
  /** What asks it to end, if it isn't SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
  /** From then to SIGKILL. */
  readonly stopMsMax: number
  /**
   * Processes that it started, by what lies in its data. Those that outlive it, as it was
   * killed, are ended before it is started again and when it is ended.
   */
  readonly children?: (data: string) => Promise<readonly Identity[]>
}

/** A package that is downloaded once, and of which one folder or file is kept: `{{bundle.<name>}}` is where. */
export interface Bundle {
  readonly name: string
  readonly from: BundleSource
  /** Its file's name, and the digest of that. */
  readonly file: string
  readonly sha256: string
  readonly mebibytes: number
  /** The path in it of what is kept, under its last name. */
  readonly keep: string
}

export type BundleSource =
  | { readonly kind: 'maven'; readonly artifact: string }
  | { readonly kind: 'pypi'; readonly requirement: string }

export type Program = JavaProgram | NodeProgram | SystemProgram

/** Runs on the jars of its part's `pom.xml`. */
export interface JavaProgram {
  readonly kind: 'java'
  readonly main: string
  readonly options: readonly string[]
  readonly arguments: readonly string[]
  /** If it isn't `{{conf}}:{{lib}}/*`. */
  readonly classPath?: string
  /** Beside `JAVA_HOME`, which is always that of the Java it runs on. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A program of ours, run by the Node that runs the command. */
export interface NodeProgram {
  readonly kind: 'node'
  readonly script: URL
  readonly arguments: readonly string[]
  /** Programs that it runs; their paths come before its arguments. */
  readonly runs?: readonly Installed[]
}

/** A program that the system's packages bring, such as PostgreSQL or Prometheus. */
export interface SystemProgram extends Installed {
  readonly kind: 'system'
  readonly arguments: readonly string[]
  /** It refuses to run as root. Where we are root, it runs as another user; see account.ts. */
  readonly unprivilegedIn?: string
}

export interface Installed {
  readonly command: string
  /** Looked in before the PATH, as Debian keeps some daemons out of it. */
  readonly folders?: readonly string[]
  readonly packages: Packages
}

/** What brings a program: `apt-get install` and `brew install` these. */
export interface Packages {
  readonly apt: string
  readonly brew: string
}
