/** Where the page is, as the part of its address behind `#`: every view, document and moment is a link. */
export const views = ['now', 'documents', 'clusters', 'agents', 'query', 'health'] as const
export type View = (typeof views)[number]

export const titles: Readonly<Record<View, string>> = {
  now: 'Now',
  documents: 'Documents',
  clusters: 'Clusters',
  agents: 'Agents',
  query: 'Query',
  health: 'Health',
}

export interface Route {
  readonly view: View
  /** The document, the agent: what follows the view. */
  readonly of?: string
  readonly with: Readonly<Record<string, string>>
}

const isView = (name: string): name is View => (views as readonly string[]).includes(name)

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Half a surrogate pair has no form in an address. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

/** `#/documents/%2Falone.md?at=1795456030978000`; anything else is the first view. */
export const parseRoute = (hash: string): Route => {
  const [path, ...query] = hash.replace(/^#?\/?/, '').split('?')
  const [name, ...of] = path.split('/')
  const rest = decoded(of.join('/'))
  return {
    view: isView(name) ? name : 'now',
    ...(rest !== '' && { of: rest }),
    with: Object.fromEntries(new URLSearchParams(query.join('?'))),
  }
}

export const linkTo = (view: View, of?: string, given: Readonly<Record<string, string | undefined>> = {}): string => {
  const present = Object.entries(given).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '')
  const query = new URLSearchParams(present).toString()
  return `#/${view}${of === undefined ? '' : `/${encoded(of)}`}${query === '' ? '' : `?${query}`}`
}

export const linkToDocument = (uri: string, given?: Readonly<Record<string, string | undefined>>): string =>
  linkTo('documents', uri, given)
