/** Whoever asks within it gets the same answer. */
const recentMs = 1_000

/** Asks once for all who ask at the same time, and no more often than once a second. */
export const recent = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let last: Promise<T> | undefined
  let askedMs = 0
  let isAsking = false
  return () => {
    if (last !== undefined && (isAsking || performance.now() - askedMs < recentMs)) return last
    isAsking = true
    const asked = ask().finally(() => {
      isAsking = false
      askedMs = performance.now()
    })
    asked.catch(() => {
      if (last === asked) last = undefined
    })
    last = asked
    return asked
  }
}
