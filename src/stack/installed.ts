import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import type { Installed, Packages } from './part.ts'

export const javaVersionMin = 17
const versionMsMax = 20_000

export const javaPackages: Packages = { apt: 'openjdk-17-jdk-headless', brew: 'openjdk@17' }
export const mavenPackages: Packages = { apt: 'maven', brew: 'maven' }

/** The exact command, for a person to copy. */
export const installing = ({ apt, brew }: Packages): string =>
  process.platform === 'darwin'
    ? `brew install ${brew}`
    : `sudo apt-get install -y ${apt} (macOS: brew install ${brew})`

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )

/** The first of these folders that holds the program, as a path. */
export const findProgram = async (name: string, folders: readonly string[]): Promise<string | undefined> => {
  for (const folder of folders) {
    const path = join(folder, name)
    if (folder !== '' && (await isExecutable(path))) return path
  }
  return undefined
}

export const pathOf = (environment: NodeJS.ProcessEnv): string[] => (environment.PATH ?? '').split(delimiter)

export const missing = (what: string, why: string, packages: Packages): StreamError =>
  new StreamError('stack/missing', `${what} ${why}; install it: ${installing(packages)}`)

export const findInstalled = async (
  { command, folders = [], packages }: Installed,
  environment: NodeJS.ProcessEnv,
): Promise<string> => {
  const path = await findProgram(command, [...folders, ...pathOf(environment)])
  if (path !== undefined) return path
  throw missing(`"${command}"`, 'is needed, and is not installed', packages)
}

/** `17.0.15` and `1.8.0_402` are 17 and 8. */
export const majorOf = (version: string): number => {
  const [first, second] = version.split(/[._+-]/).map(Number)
  return first === 1 ? second : first
}

export interface Java {
  readonly path: string
  readonly version: string
  /** The version with all that tells it from another build of the same. */
  readonly build: string
  /** What `JAVA_HOME` should be for programs that it starts. */
  readonly home: string
}

const what = `Java ${javaVersionMin} or newer`

const ask = async (path: string): Promise<Omit<Java, 'path'>> => {
  try {
    const args = ['-XshowSettings:properties', '-version']
    const { stderr, stdout } = await promisify(execFile)(path, args, { timeout: versionMsMax })
    const said = (pattern: RegExp) => pattern.exec(stderr + stdout)?.[1]
    const version = said(/version "([^"]+)"/) ?? ''
    return {
      version,
      build: said(/^ *java\.runtime\.version = (.+)$/m) ?? version,
      home: said(/^ *java\.home = (.+)$/m) ?? dirname(dirname(path)),
    }
  } catch (thrown) {
    throw missing(
      what,
      `is needed, and "${path} -version" fails (${errnoOf(thrown) ?? reasonOf(thrown)})`,
      javaPackages,
    )
  }
}

/** By path: one that is asked for again is not started again. */
const answers = new Map<string, ReturnType<typeof ask>>()

const answerOf = (path: string) => {
  const answer = answers.get(path) ?? ask(path)
  answers.set(path, answer)
  return answer
}

/** The Java of JAVA_HOME, else of the PATH. */
export const findJava = async (environment: NodeJS.ProcessEnv): Promise<Java> => {
  const home = environment.JAVA_HOME ?? ''
  const path = await findProgram('java', home === '' ? pathOf(environment) : [join(home, 'bin')])
  const where = home === '' ? 'on the PATH' : `in JAVA_HOME, which is "${home}"`
  if (path === undefined) throw missing(what, `is needed, and there is no "java" ${where}`, javaPackages)
  const java = { path, ...(await answerOf(path)) }
  const { version } = java
  if (majorOf(version) >= javaVersionMin) return java
  throw missing(what, `is needed, and "${path}" is ${version === '' ? 'of no known version' : version}`, javaPackages)
}

export const findMaven = async (environment: NodeJS.ProcessEnv): Promise<string> => {
  const path = await findProgram('mvn', pathOf(environment))
  if (path !== undefined) return path
  throw missing('Maven', 'is needed to download jars, and there is no "mvn" on the PATH', mavenPackages)
}
