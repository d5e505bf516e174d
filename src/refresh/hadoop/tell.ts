/** What a task says while it works: on Hadoop's pages, and to Hadoop so that it does not pass for dead. */
export interface Tell {
  readonly counters: (counted: Readonly<Record<string, number>>) => void
}

/** As Hadoop Streaming reads a task's standard error. */
export const tellHadoop = (write: (line: string) => void): Tell => ({
  counters: counted => {
    for (const [name, count] of Object.entries(counted)) {
      if (count > 0) write(`reporter:counter:textstream,${name},${count}\n`)
    }
  },
})
