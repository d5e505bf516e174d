import { existsSync } from 'node:fs'
import { join } from 'node:path'

type Client = typeof import('../src/wire/spark-connect/spark.ts')

const isRequired = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/).includes('spark')
const gen = join(import.meta.dirname, '../src/wire/spark-connect/gen')

/** The server for tests that hurt no one: `sc://host:port`. */
export const sparkAddress = process.env.TEXTSTREAM_TEST_SPARK ?? ''

const missing = (): string | false => {
  if (!existsSync(gen)) return 'no Spark Connect client: npm run build:spark'
  return sparkAddress === '' ? 'no Spark: set TEXTSTREAM_TEST_SPARK=sc://host:port (textstream stack up spark)' : false
}

/** Why there can be no test with Spark here, for `skip`. What is required may not be skipped: `TEXTSTREAM_REQUIRE=spark`. */
export const sparkSkip: string | false = missing()
if (sparkSkip !== false && isRequired) throw new Error(sparkSkip)

/** The client, once it is built; without it, tests are skipped before they miss it. */
export const client: Client = sparkSkip === false ? await import('../src/wire/spark-connect/spark.ts') : ({} as Client)
