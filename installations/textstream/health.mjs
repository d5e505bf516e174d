/** Whether `up` in this container is well: exits 0, or says what it answers. */
import { readFileSync } from 'node:fs'

const askMsMax = 4_000

const token = readFileSync('/run/textstream/token', 'utf8')
const answer = await fetch('http://127.0.0.1:4000/health', {
  headers: { authorization: `Bearer ${token}` },
  signal: AbortSignal.timeout(askMsMax),
})
if (!answer.ok) {
  console.error(`${answer.status} ${await answer.text()}`)
  process.exitCode = 1
}
