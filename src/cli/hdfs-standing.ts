/** One of two files that should be the same. */
export interface Side {
  readonly bytes: number
  readonly modifiedMs: number
  /** sha256 of the first `bytes`. */
  digest(bytes: number): Promise<string>
}

/** What is where a file is to be copied to: `begun` is the beginning of it, as of a log that grew since. */
export type Standing = 'absent' | 'same' | 'begun' | 'other'

/**
 * A copy of the same length that is no older than its original is the same. All else is read: clocks may differ, and a
 * file may have been changed since it was copied.
 */
export const standingOf = async (original: Side, copy: Side | undefined): Promise<Standing> => {
  if (copy === undefined) return 'absent'
  const isAsLong = copy.bytes === original.bytes
  if (isAsLong && copy.modifiedMs >= original.modifiedMs) return 'same'
  if (copy.bytes > original.bytes) return 'other'
  if ((await copy.digest(copy.bytes)) !== (await original.digest(copy.bytes))) return 'other'
  return isAsLong ? 'same' : 'begun'
}
