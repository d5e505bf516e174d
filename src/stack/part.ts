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
  /** Where it listens, on loopback only, before an offset is added. */
  readonly ports: Ports
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
  /**
   * Resolves if the daemon does its work, not only listens; rejects with the reason why it doesn't, at the latest when
   * the signal aborts.
   */
  readonly ready: (ports: Ports, signal: AbortSignal) => Promise<void>
  /** From SIGTERM to SIGKILL. */
  readonly stopMsMax: number
}

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
}

/** A program that the system's packages bring, such as PostgreSQL or Prometheus. */
export interface SystemProgram {
  readonly kind: 'system'
  readonly command: string
  readonly arguments: readonly string[]
  /** Looked in before the PATH, as Debian keeps some daemons out of it. */
  readonly folders?: readonly string[]
  readonly packages: Packages
}

/** What brings a program: `apt-get install` and `brew install` these. */
export interface Packages {
  readonly apt: string
  readonly brew: string
}
