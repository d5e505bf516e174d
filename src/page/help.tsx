import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

export const helpIsOpen = signal(false)

const keys: readonly (readonly [string, string])[] = [
  ['1 … 6', 'Now, Documents, Clusters, Agents, Query, Health'],
  ['/', 'search, or filter'],
  ['↑ ↓', 'move through lists'],
  ['Enter', 'open what is chosen'],
  ['Space', 'Now: hold the text still · Documents: play and pause'],
  ['← →', 'on the time slider: one chunk back or on'],
  ['[ ]', 'in a text: the chunk before or behind'],
  ['l', 'Documents: back to live'],
  ['Ctrl Enter', 'Query: run'],
  ['t', 'colours: system, light, dark'],
  ['?', 'this list'],
  ['Esc', 'close, or leave a field'],
]

export const Help = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = helpIsOpen.value
  useEffect(() => {
    if (isOpen && !dialog.current!.open) dialog.current!.showModal()
    if (!isOpen) dialog.current!.close()
  }, [isOpen])
  const close = () => {
    helpIsOpen.value = false
  }
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keyboard</h2>
      <dl>
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="links">
        <a href="docs">API</a> <a href="metrics">Metrics</a>
      </p>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  )
}
