import { useEffect, useLayoutEffect } from 'preact/hooks'
import { helpIsOpen } from './help.tsx'
import { linkTo, views } from './model/route.ts'
import { go, nextTheme } from './state.ts'

/** Keys of whatever view is shown; it gives them back when it goes. */
const ofView = new Map<string, () => void>()

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** A button or a link takes these keys for itself. */
const isPressed = (event: KeyboardEvent) =>
  /^( |Enter)$/.test(event.key) &&
  event.target instanceof HTMLElement &&
  event.target.closest('button, a, summary') !== null

const focusSearch = () => {
  const search = document.querySelector<HTMLInputElement>('input[type=search]')
  search?.focus()
  search?.select()
}

const ofPage: Readonly<Record<string, () => void>> = {
  '/': focusSearch,
  t: nextTheme,
  '?': () => {
    helpIsOpen.value = true
  },
  ...Object.fromEntries(views.map((view, i) => [String(i + 1), () => go(linkTo(view))])),
}

const onKey = (event: KeyboardEvent) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || helpIsOpen.value) return
  if (isTyping(event.target)) {
    const isSlider = event.target instanceof HTMLInputElement && event.target.type === 'range'
    if (event.key === 'Escape') (event.target as HTMLElement).blur()
    if (!isSlider) return
  }
  if (isPressed(event)) return
  const act = ofView.get(event.key) ?? (Object.hasOwn(ofPage, event.key) ? ofPage[event.key] : undefined)
  if (act === undefined) return
  event.preventDefault()
  act()
}

export const useShortcuts = (): void => {
  useEffect(() => {
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

/** Set as soon as the view is drawn: a key that follows at once acts on what is seen. */
export const useViewKeys = (keys: Readonly<Record<string, () => void>>): void => {
  useLayoutEffect(() => {
    for (const [key, act] of Object.entries(keys)) ofView.set(key, act)
    return () => {
      for (const key of Object.keys(keys)) ofView.delete(key)
    }
  })
}
