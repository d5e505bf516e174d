import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { StreamError } from '../std/error.ts'

/** All that a page of ours needs, and nothing else: no script but its own files, no other origin, in no frame. */
export const pagePolicy = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ')

/** For what is text or JSON: should a browser take it for a page, it can do nothing. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

const headers = {
  'content-security-policy': dataPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

const hostnameOf = (host: string) => host.replace(/:\d+$/, '').toLowerCase()

const refuse = (code: `web/${string}`, why: string) => new StreamError(code, why)

const isSame = (a: string, b: string) => {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const cookieName = 'textstream_token'

/** From `Authorization: Bearer …`, or the cookie that `/?token=…` leaves, as a browser cannot send the header. */
const tokenOf = ({ headers: { authorization = '', cookie = '' } }: FastifyRequest): string | undefined => {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (bearer !== undefined) return bearer
  const pair = cookie.split(/; */).find(one => one.startsWith(`${cookieName}=`))
  return pair === undefined ? undefined : decode(pair.slice(cookieName.length + 1))
}

const decode = (text: string) => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export interface GuardOptions {
  /** Where it listens. */
  readonly host: string
  /** Required of everybody, if there is one. */
  readonly token: string | undefined
}

/**
 * A page of somebody else whose name was made to mean this machine sends that name: only ours are answered. Beyond
 * loopback, where we cannot know our names, the token does it.
 */
const checkHost = ({ headers: { host = '' } }: FastifyRequest, { host: own, token }: GuardOptions) => {
  const name = hostnameOf(host)
  if (loopbackNames.has(name) || name === own.toLowerCase() || isIP(name.replace(/^\[|\]$/g, '')) !== 0) return
  if (token !== undefined) return
  throw refuse('web/host', `host ${JSON.stringify(host.slice(0, 100))} is not this server's; use http://localhost`)
}

const safe = new Set(['GET', 'HEAD'])

/** No other site's page may write, or have a browser ask for anything in its name. */
const checkOrigin = ({ method, headers: { origin, host, 'sec-fetch-site': site } }: FastifyRequest) => {
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  if (!isOwn) throw refuse('web/origin', `a page of ${JSON.stringify(origin.slice(0, 100))} may not ask this server`)
  if (site === 'cross-site' && !safe.has(method))
    throw refuse('web/origin', 'a page of another site may not write here')
}

const checkToken = (request: FastifyRequest, token: string) => {
  const given = tokenOf(request)
  if (given !== undefined && isSame(given, token)) return
  const how = 'send it as "Authorization: Bearer TOKEN", or open /?token=TOKEN once in a browser'
  throw refuse(
    'web/token',
    given === undefined ? `a token is needed: ${how}` : `the token is not the right one: ${how}`,
  )
}

/** `/?token=…` once: the browser keeps it, and the address loses it. */
const welcome = (request: FastifyRequest, reply: FastifyReply, token: string): boolean => {
  const given = (request.query as { token?: unknown }).token
  if (request.method !== 'GET' || request.url.split('?')[0] !== '/' || typeof given !== 'string') return false
  if (!isSame(given, token)) return false
  const attributes = 'Path=/; HttpOnly; SameSite=Strict'
  reply.header('set-cookie', `${cookieName}=${encodeURIComponent(given)}; ${attributes}`)
  reply.code(303).header('location', '/').send()
  return true
}

/** Looks at every request before anything else does. */
export const guard = (app: FastifyInstance, options: GuardOptions): void => {
  const { token } = options
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    checkHost(request, options)
    checkOrigin(request)
    if (token === undefined) return
    if (welcome(request, reply, token)) return reply
    checkToken(request, token)
  })
}

/** What must hold before it listens anywhere: `web/usage` otherwise. */
export const refuseOpen = ({ host, token }: GuardOptions): void => {
  if (isLoopback(host) || (token !== undefined && token.length >= tokenCharactersMin)) return
  const why =
    token === undefined
      ? 'others could read and write: give a token with --token or TEXTSTREAM_TOKEN'
      : `the token is shorter than ${tokenCharactersMin} characters; try: openssl rand -hex 16`
  throw new StreamError('web/usage', `listen at "${host}": ${why}`)
}

const tokenCharactersMin = 16
