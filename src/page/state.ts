/** What the whole page knows: where it is, how it looks, what flows. */
import { signal } from '@preact/signals'
import type { Health } from '../web/api.ts'
import { Lanes } from './model/lanes.ts'
import { parseRoute } from './model/route.ts'
import { Vitals } from './model/vitals.ts'
import * as api from './net/api.ts'
import { type Listening, listen } from './net/live.ts'

export const route = signal(parseRoute(location.hash))

export const go = (link: string): void => {
  location.hash = link
}

/** Another address for the same place: no new step in the history. */
export const goQuietly = (link: string): void => {
  history.replaceState(null, '', link)
  route.value = parseRoute(link)
}

export type Theme = 'system' | 'light' | 'dark'
const themes: readonly Theme[] = ['system', 'light', 'dark']
const themeKey = 'textstream.theme'

const savedTheme = (): Theme => {
  const saved = localStorage.getItem(themeKey)
  return themes.find(theme => theme === saved) ?? 'system'
}

export const theme = signal<Theme>(savedTheme())
/** Grows whenever colours change, whoever changed them: what is drawn has to be drawn anew. */
export const colours = signal(0)

const applyTheme = () => {
  document.documentElement.dataset.theme = theme.value
  colours.value++
}

export const nextTheme = (): void => {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]
  localStorage.setItem(themeKey, theme.value)
  applyTheme()
}

export const lanes = new Lanes()
export const vitals = new Vitals()
/** Grows with every `flow`. */
export const flowed = signal(0)
export const listening = signal<Listening>('connecting')
export const health = signal<Health | undefined>(undefined)
export const healthFault = signal<string | undefined>(undefined)

const healthMs = 2000

const listenToFlow = () =>
  listen({
    address: () => 'live',
    events: {
      flow: data => {
        lanes.apply(JSON.parse(data))
        flowed.value++
      },
    },
    onState: state => {
      listening.value = state
      if (state === 'open') lanes.beginAnew()
    },
  })

const askHealth = async () => {
  try {
    const told = await api.health()
    vitals.add(told, Date.now() / 1000)
    health.value = told
    healthFault.value = undefined
  } catch (fault) {
    healthFault.value = fault instanceof Error ? fault.message : String(fault)
  }
}

export const start = (): void => {
  applyTheme()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme)
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash)
  })
  listenToFlow()
  void askHealth()
  setInterval(() => document.visibilityState === 'visible' && askHealth(), healthMs)
}
