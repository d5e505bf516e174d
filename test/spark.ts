import { after } from 'node:test'
import { isBuilt } from '../src/wire/spark-connect/built.ts'

type Client = typeof import('../src/wire/spark-connect/spark.ts')

const isRequired = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/).includes('spark')

/** The server for tests that hurt no one: `sc://host:port`. */
export const sparkAddress = process.env.TEXTSTREAM_TEST_SPARK ?? ''

/** Why there can be no test of the client at all. */
export const builtSkip: string | false = isBuilt() ? false : 'no Spark Connect client: npm run build:spark'

const noServer = sparkAddress === '' && 'no Spark: set TEXTSTREAM_TEST_SPARK=sc://host:port (textstream stack up spark)'

/** Why there can be no test with Spark here, for `skip`. What is required may not be skipped: `TEXTSTREAM_REQUIRE=spark`. */
export const sparkSkip: string | false = builtSkip || noServer
if (sparkSkip !== false && isRequired) throw new Error(sparkSkip)

/** The client, once it is built; without it, tests are skipped before they miss it. */
export const client: Client = builtSkip === false ? await import('../src/wire/spark-connect/spark.ts') : ({} as Client)

/** For small rows: the server interprets plans, instead of compiling each. */
export const quick: Readonly<Record<string, string>> = {
  'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
  'spark.sql.codegen.wholeStage': 'false',
  'spark.sql.shuffle.partitions': '1',
}

export type Session = Awaited<ReturnType<Client['openSpark']>>

/** One session for all tests of a file, until they are over; tests that are skipped never ask it. */
export const sharedSession = async (skip: string | false = sparkSkip): Promise<Session> => {
  if (skip !== false) return {} as Session
  const session = await client.openSpark(sparkAddress, { settings: quick })
  after(() => session[Symbol.asyncDispose]())
  return session
}
