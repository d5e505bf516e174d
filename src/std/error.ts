/**
 * An error that a person can act on: what failed, where, why, and what to do about it.
 * `code` is stable (`room/reason`); the command's exit code follows from its reason.
 */
export class StreamError extends Error {
  readonly code: string

  constructor(code: `${string}/${string}`, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StreamError'
    this.code = code
  }
}

/** The text of whatever was thrown, for a message's "why". */
export const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(reasonOf).join('; ')
  return thrown.message
}

/** The system's own name of a fault (`ENOENT`, `ECONNREFUSED`, …), if it has one, also when it was wrapped. */
export const errnoOf = (thrown: unknown): string | undefined => {
  for (let e = thrown; e instanceof Error; e = e.cause) {
    const code = (e as NodeJS.ErrnoException).code
    if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code
    if (e instanceof AggregateError) return errnoOf(e.errors[0])
  }
  return undefined
}
