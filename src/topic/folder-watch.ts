import { type FSWatcher, watch } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Not every file system tells of changes: so often a waiting reader looks by itself. */
export const pollMs = 50

/** Wakes whoever waits for a folder to change. A change while nobody waits is not lost. */
export class FolderWatch implements Disposable {
  readonly #watcher: FSWatcher | undefined
  readonly #signal: AbortSignal | undefined
  readonly #gatherMs: number
  #changed = false
  #wake: (() => void) | undefined

  /** `gatherMs`: changes that come so soon behind one another wake once. */
  constructor(dir: string, signal?: AbortSignal, gatherMs = 0) {
    this.#watcher = this.#watch(dir)
    this.#signal = signal
    this.#gatherMs = gatherMs
    signal?.addEventListener('abort', this.#notice)
  }

  /** Resolves when something may have changed, or the signal aborts; after `pollMs` and `gatherMs` at the latest. */
  async change(): Promise<void> {
    if (!this.#changed && this.#signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, pollMs)
      this.#wake = resolve
      await promise
      clearTimeout(timer)
    }
    if (this.#gatherMs > 0)
      await sleep(this.#gatherMs, undefined, this.#signal && { signal: this.#signal }).catch(() => {})
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
