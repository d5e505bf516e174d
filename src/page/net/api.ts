import type {
  AgentEntry,
  ChunkPage,
  ClusterList,
  DocumentPage,
  Health,
  Problem,
  QueryAnswer,
  RejectedList,
  ResponseEntry,
} from '../../web/api.ts'

/** What the server refused, in its words. */
export class Refused extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

export type Page = DocumentPage

type Query = Readonly<Record<string, string | number | undefined>>

/** Relative, so that it also works below a path of a proxy. Half a surrogate pair has no form in an address. */
export const address = (path: string, query: Query = {}): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value).toWellFormed()]))
  return search.size === 0 ? path : `${path}?${search}`
}

const refusalOf = async (response: Response): Promise<Refused> => {
  const told = (await response.json().catch(() => ({}))) as Partial<Problem>
  return new Refused(
    response.status,
    told.code ?? 'http/refused',
    told.detail ?? `the server answered ${response.status}`,
  )
}

const ask = async (path: string, init?: RequestInit): Promise<Response> => {
  const response = await fetch(path, init)
  if (!response.ok) throw await refusalOf(response)
  return response
}

const get = async <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  (await ask(address(path, query), { ...(signal && { signal }) })).json() as Promise<T>

export const documents = (query: Query, signal?: AbortSignal) => get<DocumentPage>('documents', query, signal)
export const chunks = (query: Query, signal?: AbortSignal) => get<ChunkPage>('documents/chunks', query, signal)
export const agents = (signal?: AbortSignal) => get<{ agents: AgentEntry[] }>('agents', {}, signal)
export const responses = (query: Query, signal?: AbortSignal) =>
  get<{ responses: ResponseEntry[] }>('responses', query, signal)
export const clusters = (signal?: AbortSignal) => get<ClusterList>('clusters', {}, signal)
export const rejected = (signal?: AbortSignal) => get<RejectedList>('rejected', {}, signal)

/** 503 is an answer too: it says what is not well. */
export const health = async (signal?: AbortSignal): Promise<Health> => {
  const response = await fetch('health', { ...(signal && { signal }) })
  if (!response.ok && response.status !== 503) throw await refusalOf(response)
  return response.json() as Promise<Health>
}

export const query = async (sql: string, signal: AbortSignal): Promise<QueryAnswer> => {
  const headers = { 'content-type': 'application/json' }
  const response = await ask('query', { method: 'POST', headers, body: JSON.stringify({ sql }), signal })
  return response.json() as Promise<QueryAnswer>
}

/** A document's text piece by piece, so that the first screen of a long one is there at once. */
export async function* text(given: Query, signal: AbortSignal): AsyncGenerator<string> {
  const { body } = await ask(address('documents/text', given), { signal })
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream('utf-8', { ignoreBOM: true })).getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
}
