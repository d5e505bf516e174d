import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { Bar } from './bar.tsx'
import { Help } from './help.tsx'
import { titles, type View } from './model/route.ts'
import { visibleLine } from './model/visible.ts'
import { useShortcuts } from './shortcuts.ts'
import { route } from './state.ts'
import { Agents } from './views/agents.tsx'
import { Clusters } from './views/clusters.tsx'
import { Documents } from './views/documents.tsx'
import { Health } from './views/health.tsx'
import { Now } from './views/now.tsx'
import { Query } from './views/query.tsx'

const bodies: Readonly<Record<View, ComponentType>> = {
  now: Now,
  documents: Documents,
  clusters: Clusters,
  agents: Agents,
  query: Query,
  health: Health,
}

export const App = () => {
  const { view, of } = route.value
  const Body = bodies[view]
  useShortcuts()
  useEffect(() => {
    document.title = `${of === undefined ? titles[view] : visibleLine(of)} · textstream`
  }, [view, of])
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to content
      </button>
      <Bar />
      <main id="main" class={`view-${view}`} tabIndex={-1}>
        <Body />
      </main>
      <Help />
    </>
  )
}

/** A button, not a link: what stands behind `#` says where the page is. */
const skip = () => document.getElementById('main')?.focus()
