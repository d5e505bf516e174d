import { createHash, randomUUID } from 'node:crypto'
import { cp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import { foldersFrom } from './folders.ts'
import { findJava, findMaven } from './installed.ts'
import type { Asked } from './jars.ts'
import { runMaven } from './maven.ts'
import { lockFolder } from './patience.ts'
import { exists, installations } from './place.ts'

/** For another build of the same to end. */
const waitMsMax = 5 * 60_000

const sources = join(installations, 'hadoop/streaming')
const variable = 'TEXTSTREAM_HADOOP_JAR'

const filesOf = async (): Promise<string[]> => {
  const entries = await readdir(join(sources, 'src'), { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return [join(sources, 'pom.xml'), ...files.sort()]
}

const digestOf = async (files: readonly string[]): Promise<string> => {
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** In a copy: Maven writes beside its pom, which may lie where we can't. */
const build = async (jar: string, { cache, environment }: JarAsked): Promise<void> => {
  const [java, maven] = [await findJava(environment), await findMaven(environment)]
  const work = join(cache, `.hadoop-streaming.${randomUUID()}`)
  try {
    await cp(sources, work, { recursive: true, filter: path => !path.endsWith('/target') })
    const running = { maven, java: java.path, pom: join(work, 'pom.xml'), environment, onLine: () => {} }
    await runMaven(running, ['compiler:compile', 'jar:jar'], 'build the jar for Hadoop Streaming')
    await rename(join(work, 'target/textstream-hadoop.jar'), jar)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

export type JarAsked = Pick<Asked, 'cache' | 'environment' | 'onWait'>

const usual = (): JarAsked => ({ ...foldersFrom(process.env), environment: process.env, onWait: () => {} })

const given = async (path: string): Promise<string> => {
  if (await exists(path)) return path
  throw new StreamError('stack/usage', `${variable} is "${harmless(path)}", and there is no such file`)
}

/**
 * The path of the jar with our input format, partitioner and output format, for `-libjars`: `TEXTSTREAM_HADOOP_JAR`, or
 * built once for each version of its sources. From then on neither Maven nor a JDK is needed.
 */
export const streamingJar = async (asked: JarAsked = usual()): Promise<string> => {
  const path = asked.environment[variable] ?? ''
  if (path !== '') return given(path)
  const jar = join(asked.cache, `hadoop-streaming-${await digestOf(await filesOf())}.jar`)
  if (await exists(jar)) return jar
  await using _ = await lockFolder(asked.cache, waitMsMax, asked.onWait)
  if (!(await exists(jar))) await build(jar, asked)
  return jar
}
