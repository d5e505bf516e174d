import { errnoOf, reasonOf } from '../std/error.ts'

const answerOf = async (url: string, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url, { signal })
  } catch (thrown) {
    const { cause } = thrown as Error
    throw new Error(`${new URL(url).origin} does not answer (${errnoOf(cause) ?? reasonOf(cause ?? thrown)})`)
  }
}

/** For checks: the text of an answer that is 2xx. */
export const getText = async (url: string, signal: AbortSignal): Promise<string> => {
  const response = await answerOf(url, signal)
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return text
}
