/** What the whole page knows: where it is, how it looks, what flows. */
import { signal } from '@preact/signals'
import type { Health } from '../web/api.ts'
import { Lanes } from './model/lanes.ts'
import { parseRoute } from './model/route.ts'
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
/** Grows with every `flow`. */
export const flowed = signal(0)
export const listening = signal<Listening>('connecting')
export const health = signal<Health | undefined>(undefined)
export const healthFault = signal<string | undefined>(undefined)

/** A page that nobody looks at gives its connections back: a browser has six for all tabs of an origin. */
const hiddenMsMax = 30_000
const healthMs = 2000

const listenToFlow = () =>
  listen('live', {
    events: {
      flow: data => {
        lanes.apply(JSON.parse(data))
        flowed.value++
      },
    },
    onState: state => {
      listening.value = state
    },
    onAnew: () => lanes.clear(),
  })

const askHealth = async () => {
  try {
    health.value = await api.health()
    healthFault.value = undefined
  } catch (fault) {
    healthFault.value = fault instanceof Error ? fault.message : String(fault)
  }
}

const whileVisible = (start: () => () => void) => {
  let stop: (() => void) | undefined = start()
  let timer: ReturnType<typeof setTimeout> | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer)
    if (document.visibilityState === 'visible') stop ??= start()
    else
      timer = setTimeout(() => {
        stop?.()
        stop = undefined
      }, hiddenMsMax)
  })
}

const pollHealth = () => {
  void askHealth()
  const timer = setInterval(askHealth, healthMs)
  return () => clearInterval(timer)
}

export const start = (): void => {
  applyTheme()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme)
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash)
  })
  whileVisible(listenToFlow)
  whileVisible(pollHealth)
}
