import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { DocumentEntry } from '../../web/api.ts'
import { bytes, count, nothing, timeOfDay } from '../model/numbers.ts'
import { linkTo, linkToDocument } from '../model/route.ts'
import * as api from '../net/api.ts'
import { go, goQuietly, route } from '../state.ts'
import { Fault, State } from './figures.tsx'
import { Name } from './name.tsx'
import { Rows } from './rows.tsx'
import { Search } from './search.tsx'

const rowHeight = 56
const pageEntries = 500
const searchMs = 150
const refreshMs = 2500
/** After which a row that was scrolled to is drawn. */
const drawnMs = 60
const orders = { recent: 'latest first', uri: 'by name', size: 'largest first' }

interface Listed {
  readonly documents: readonly DocumentEntry[]
  readonly total: number
  readonly next: string | undefined
}

const nobody: Listed = { documents: [], total: 0, next: undefined }

/** The first page anew; what was loaded behind it stays, without those that moved to the front. */
const refreshed = (before: Listed, { documents, total, next }: api.Page): Listed => {
  if (before.documents.length <= documents.length) return { documents, total, next }
  const first = new Set(documents.map(({ uri }) => uri))
  return { ...before, total, documents: [...documents, ...before.documents.filter(({ uri }) => !first.has(uri))] }
}

const lengthened = (before: Listed, { documents, total, next }: api.Page): Listed => {
  const known = new Set(before.documents.map(({ uri }) => uri))
  return { documents: [...before.documents, ...documents.filter(({ uri }) => !known.has(uri))], total, next }
}

const useListed = (search: string, order: string) => {
  const [listed, setListed] = useState(nobody)
  const [fault, setFault] = useState<string>()
  const isAsking = useRef(false)
  const tell = (thrown: unknown) => setFault(thrown instanceof Error ? thrown.message : String(thrown))
  useEffect(() => {
    const ending = new AbortController()
    const ask = async (isFirst: boolean) => {
      try {
        const page = await api.documents({ search, order, limit: pageEntries }, ending.signal)
        setListed(before => refreshed(isFirst ? nobody : before, page))
        setFault(undefined)
      } catch (thrown) {
        if (!ending.signal.aborted) tell(thrown)
      }
    }
    /** What was asked for otherwise stays to be seen, but nothing follows it. */
    setListed(before => ({ ...before, next: undefined }))
    const soon = setTimeout(() => ask(true), searchMs)
    const timer = setInterval(() => document.visibilityState === 'visible' && ask(false), refreshMs)
    return () => {
      clearTimeout(soon)
      clearInterval(timer)
      ending.abort()
    }
  }, [search, order])
  const more = async () => {
    if (isAsking.current || listed.next === undefined) return
    isAsking.current = true
    try {
      const page = await api.documents({ search, order, limit: pageEntries, cursor: listed.next })
      setListed(before => (before.next === listed.next ? lengthened(before, page) : before))
    } catch (thrown) {
      tell(thrown)
    } finally {
      isAsking.current = false
    }
  }
  return { listed, fault, more }
}

const Row = ({ entry, isChosen, isActive }: { entry: DocumentEntry; isChosen: boolean; isActive: boolean }) => {
  const { uri, agents, state, last } = entry
  return (
    <a
      class="document-row"
      href={linkToDocument(uri, { q: route.value.with.q })}
      aria-current={isChosen ? 'true' : undefined}
      tabIndex={isActive ? 0 : -1}
      data-uri={uri}
    >
      <span class="document-row-name">
        <Name of={uri} />
      </span>
      <State is={state} />
      <span class="document-row-by">
        {agents.length === 0 ? (
          nothing
        ) : (
          <Name of={agents.length > 1 ? `${agents[0]} and ${agents.length - 1} more` : agents[0]} />
        )}
      </span>
      <span class="document-row-size">
        {bytes(entry.bytes)} · {timeOfDay(last)}
      </span>
    </a>
  )
}

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }

/** Up and down move a single tab stop through the list. */
const useRoving = (documents: readonly DocumentEntry[], chosen: string | undefined) => {
  /** `turn` grows with every key, also where it leads nowhere else. */
  const [place, setPlace] = useState({ at: 0, turn: 0 })
  useEffect(() => {
    const at = documents.findIndex(({ uri }) => uri === chosen)
    if (at !== -1) setPlace({ at, turn: 0 })
  }, [chosen, documents.length > 0])
  const list = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (place.turn === 0) return
    const focus = () => {
      const row = list.current?.querySelector<HTMLElement>('.document-row[tabindex="0"]')
      row?.focus()
      return row !== undefined && row !== null
    }
    if (focus()) return
    const soon = setTimeout(focus, drawnMs)
    return () => clearTimeout(soon)
  }, [place])
  const active = Math.max(0, Math.min(documents.length - 1, place.at))
  const onKeyDown = (event: KeyboardEvent) => {
    const isInRow = event.target instanceof Element && event.target.closest('.document-row') !== null
    const isInSearch = event.target instanceof HTMLInputElement && event.key === 'ArrowDown'
    if (!Object.hasOwn(steps, event.key) || !(isInRow || isInSearch)) return
    event.preventDefault()
    const at = active + (isInSearch ? 0 : steps[event.key])
    setPlace({ at: Math.max(0, Math.min(documents.length - 1, at)), turn: place.turn + 1 })
  }
  return { active, list, onKeyDown }
}

export const DocumentList = ({ chosen }: { chosen: string | undefined }) => {
  const search = route.value.with.q ?? ''
  const [order, setOrder] = useState('recent')
  const { listed, fault, more } = useListed(search, order)
  const { documents, total } = listed
  const { active, list, onKeyDown } = useRoving(documents, chosen)
  const ask = (words: string) => goQuietly(linkTo('documents', route.value.of, { ...route.value.with, q: words }))
  return (
    <section ref={list} class="document-list" aria-label="All documents" onKeyDown={onKeyDown}>
      <form
        class="list-tools"
        onSubmit={event => {
          event.preventDefault()
          if (documents.length > 0) go(linkToDocument(documents[0].uri, { q: search }))
        }}
      >
        <Search label="Search documents and agents" value={search} onWords={ask} />
        <select aria-label="Order" value={order} onChange={event => setOrder(event.currentTarget.value)}>
          {Object.entries(orders).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </form>
      <p class="list-count" role="status">
        {total === 1 ? '1 document' : `${count(total)} documents`}
      </p>
      <Fault of={fault} />
      <Rows
        label="Documents"
        count={documents.length}
        rowHeight={rowHeight}
        reveal={active}
        edition={listed.next}
        onReach={last => {
          if (last > documents.length - 40) void more()
        }}
        render={index => {
          const entry = documents[index]
          return <Row key={entry.uri} entry={entry} isChosen={entry.uri === chosen} isActive={index === active} />
        }}
      />
    </section>
  )
}
