import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { errnoOf, reasonOf } from '../std/error.ts'

/** Not by `fetch`, which refuses some ports that an offset may lead to. */
const answerOf = async (url: string, signal: AbortSignal): Promise<IncomingMessage> => {
  try {
    const [answer] = await once(get(url, { signal, agent: false }), 'response')
    return answer
  } catch (thrown) {
    throw new Error(`${new URL(url).origin} does not answer (${errnoOf(thrown) ?? reasonOf(thrown)})`)
  }
}

/** For checks: the text of an answer that is 2xx. */
export const getText = async (url: string, signal: AbortSignal): Promise<string> => {
  const answer = await answerOf(url, signal)
  const body = await text(answer)
  const status = answer.statusCode!
  if (status < 200 || status > 299) throw new Error(`${url} answers ${status}`)
  return body
}
