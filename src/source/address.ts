import { StreamError } from '../std/error.ts'

const portMax = 65_535

const refused = (given: string, why: string) => {
  const forms = '8000, host:8000 or http://host:8000/base'
  return new StreamError('source/usage', `source "${given}": ${why}; give a port, host:port or URL: ${forms}`)
}

const spelledOut = (given: string) => {
  if (/^\d+$/.test(given)) return `http://127.0.0.1:${given}`
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`
}

const parsed = (given: string): URL => {
  if (/^\d+$/.test(given) && (Number(given) === 0 || Number(given) > portMax)) {
    throw refused(given, `no port is ${given}: they go from 1 to ${portMax}`)
  }
  const text = spelledOut(given)
  if (!URL.canParse(text)) throw refused(given, 'this is no address')
  return new URL(text)
}

/** `8000`, `host:8000` or `http://host:8000/base` → where a source's paths begin, without a slash at its end. */
export const addressOf = (given: string): URL => {
  const url = parsed(given.trim())
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused(given, `"${url.protocol}" is not spoken here`)
  if (url.search !== '' || url.hash !== '') throw refused(given, 'a source has no query and no fragment')
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** For people and records: the address without what is secret in it. */
export const publicName = (address: URL): string => {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}
