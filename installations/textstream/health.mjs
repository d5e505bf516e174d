/** Whether `up` in this container is well: exits 0, or says what it answers. */
import { readFileSync } from 'node:fs'

const askMsMax = 4_000
const { TEXTSTREAM_TOKEN_FILE = '/run/textstream/token', TEXTSTREAM_PORT = '4000' } = process.env

const token = readFileSync(TEXTSTREAM_TOKEN_FILE, 'utf8')
const answer = await fetch(`http://127.0.0.1:${TEXTSTREAM_PORT}/health`, {
  headers: { authorization: `Bearer ${token}` },
  signal: AbortSignal.timeout(askMsMax),
})
if (!answer.ok) {
  console.error(`${answer.status} ${await answer.text()}`)
  process.exitCode = 1
}
