/** For checks: the text of an answer that is 2xx. */
export const getText = async (url: string, signal: AbortSignal): Promise<string> => {
  const response = await fetch(url, { signal })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return text
}
