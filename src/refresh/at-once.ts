/** Does the work for each item, some at once. If one fails no further ones are begun, and it rejects once all are at rest. */
export const eachAtOnce = async <Item>(
  items: Iterable<Item>,
  atOnceMax: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const iterator = items[Symbol.iterator]()
  let hasFailed = false
  const worker = async () => {
    for (let next = iterator.next(); !next.done && !hasFailed; next = iterator.next()) {
      try {
        await work(next.value)
      } catch (thrown) {
        hasFailed = true
        throw thrown
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: atOnceMax }, worker))
  const failed = ends.find(end => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
