/** Does one thing after another, in the order in which they were asked for; a failure is its asker's alone. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  /** Once all that was asked for so far is done. */
  async idle(): Promise<void> {
    await this.#last
  }
}
