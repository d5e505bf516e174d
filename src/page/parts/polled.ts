import { useEffect, useState } from 'preact/hooks'

export interface Polled<T> {
  readonly value: T | undefined
  readonly fault: string | undefined
  /** Asks at once, without waiting for the next turn. */
  readonly again: () => void
}

/** Asks now and then as long as it is shown and the tab is seen. What it had stays while it asks again. */
export const usePolled = <T>(
  ask: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
  on: readonly unknown[],
): Polled<T> => {
  const [value, setValue] = useState<T>()
  const [fault, setFault] = useState<string>()
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const ending = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const round = async () => {
      try {
        if (document.visibilityState === 'visible') setValue(await ask(ending.signal))
        setFault(undefined)
      } catch (thrown) {
        if (!ending.signal.aborted) setFault(thrown instanceof Error ? thrown.message : String(thrown))
      }
      if (!ending.signal.aborted) timer = setTimeout(round, everyMs)
    }
    void round()
    return () => {
      ending.abort()
      clearTimeout(timer)
    }
  }, [...on, turn, everyMs])
  return { value, fault, again: () => setTurn(turn + 1) }
}
