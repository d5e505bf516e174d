/** What a task says while it works: on Hadoop's pages, and to Hadoop so that it does not pass for dead. */
export interface Tell {
  readonly counters: (counted: Readonly<Record<string, number>>) => void
  /** Called for each of many records, where neither input nor output shows that there is work. */
  readonly alive: () => void
}

const callsBetween = 64 * 1024
const quietMsMax = 30_000

/** As Hadoop Streaming reads a task's standard error. */
export const tellHadoop = (write: (line: string) => void, now: () => number = Date.now): Tell => {
  let calls = 0
  let toldAt = now()
  return {
    counters(counted) {
      for (const [name, count] of Object.entries(counted)) {
        if (count > 0) write(`reporter:counter:textstream,${name},${count}\n`)
      }
    },
    alive() {
      if (++calls % callsBetween !== 0 || now() - toldAt < quietMsMax) return
      toldAt = now()
      write(`reporter:status:${calls} records were put in order\n`)
    },
  }
}
