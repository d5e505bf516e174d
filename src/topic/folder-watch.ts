import { type FSWatcher, watch } from 'node:fs'

/** Not every file system tells of changes: so often a waiting reader looks by itself. */
export const pollMs = 50

/** Wakes whoever waits for a folder to change. A change while nobody waits is not lost. */
export class FolderWatch implements Disposable {
  readonly #watcher: FSWatcher | undefined
  readonly #signal: AbortSignal | undefined
  #changed = false
  #wake: (() => void) | undefined

  constructor(dir: string, signal?: AbortSignal) {
    this.#watcher = this.#watch(dir)
    this.#signal = signal
    signal?.addEventListener('abort', this.#notice)
  }

  /** Resolves when something may have changed, or the signal aborts; after `pollMs` at the latest. */
  async change(): Promise<void> {
    if (!this.#changed && this.#signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, pollMs)
      this.#wake = resolve
      await promise
      clearTimeout(timer)
    }
    this.#changed = false
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#notice)
    this.#watcher?.close()
  }

  readonly #notice = () => {
    this.#changed = true
    this.#wake?.()
  }

  /** Where watches are not to be had (too many of them, or a remote disk) looking every `pollMs` must do. */
  #watch(dir: string): FSWatcher | undefined {
    try {
      return watch(dir, { persistent: false }, this.#notice).on('error', () => {})
    } catch {
      return undefined
    }
  }
}
