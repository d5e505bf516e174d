import type { Folders } from './folders.ts'
import type { Part, Ports } from './part.ts'
import { inOrder, type Parts } from './parts.ts'
import { lockFolder } from './patience.ts'
import { placeOf } from './place.ts'
import type { Ended } from './process.ts'
import type { Variables } from './template.ts'
import { type Placed, portsWith } from './variables.ts'

/** Another `up` may be waiting for its daemons. */
const waitMsMax = 5 * 60_000

/** What every command of the stack works on. */
export interface Stack {
  readonly parts: Parts
  readonly folders: Folders
  readonly environment: NodeJS.ProcessEnv
  /** Told what happens, as it happens. */
  readonly tell: (event: StackEvent) => void
}

export type StackEvent =
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'jars'; readonly part: string; readonly done: number; readonly total: number }
  /** In MiB. */
  | { readonly kind: 'bundle'; readonly file: string; readonly done: number; readonly total: number }
  | { readonly kind: 'archive'; readonly part: string; readonly java: string; readonly failed: string | undefined }
  | { readonly kind: 'formatting' | 'running'; readonly daemon: string }
  | { readonly kind: 'starting'; readonly daemon: string; readonly pid: number }
  | { readonly kind: 'ready'; readonly daemon: string; readonly ms: number; readonly ports: Ports }
  | { readonly kind: 'stopping'; readonly daemon: string; readonly pid: number }
  | { readonly kind: 'ended'; readonly daemon: string; readonly how: Ended }
  | { readonly kind: 'orphans'; readonly daemon: string; readonly ended: number }
  | { readonly kind: 'wiped'; readonly part: string }

/** One command at a time starts or ends things; the others wait. */
export const turnAt = ({ folders, tell }: Stack): Promise<AsyncDisposable> =>
  lockFolder(folders.state, waitMsMax, why => tell({ kind: 'waiting', why }))

export const placed = ({ folders }: Stack, part: Part, portOffset: number, fetched: Variables): Placed => ({
  part,
  place: placeOf(folders, part.name),
  ports: portsWith(part, portOffset),
  fetched,
})

/** Those among `all` that the part needs, directly or not. */
export const neededBy = (parts: Parts, { part }: Placed, all: readonly Placed[]): Placed[] => {
  const names = new Set(inOrder(parts, part.needs).map(({ name }) => name))
  return all.filter(other => names.has(other.part.name))
}
