import { execute } from './textstream.ts'

const required = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/)

const validator = async (): Promise<string | false> => {
  const found = await execute('docker-compose', ['version', '--short']).catch(() => undefined)
  if (found?.code === 0) return false
  if (required.includes('kafka'))
    throw new Error('TEXTSTREAM_REQUIRE=kafka needs docker-compose: apt-get install -y docker-compose')
  return 'needs docker-compose; install it: sudo apt-get install -y docker-compose'
}

/** Why no compose file can be checked here, for `skip`. */
export const composeSkip = await validator()
