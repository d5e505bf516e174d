import { asked, counter, counters, gauge, histogram, slowSeconds, watchDisk } from '../metrics/metrics.ts'

export const commitSeconds = histogram(
  'textstream_warehouse_commit_seconds',
  'A commit, from its beginning to its being durable.',
)
export const committedRows = counter('textstream_warehouse_rows_total', 'Rows that were committed.')
export const committedTextBytes = counter('textstream_warehouse_text_bytes_total', 'Bytes of their text.')
export const commitFailures = counter('textstream_warehouse_commit_failures_total', 'Commits that failed.')
export const rollSeconds = histogram(
  'textstream_warehouse_roll_seconds',
  'Moving fresh rows into final files.',
  slowSeconds,
)

export const queriesNow = gauge('textstream_warehouse_queries', 'Queries whose rows are being read now.')
export const querySeconds = histogram(
  'textstream_warehouse_query_seconds',
  'A query, from its beginning until its reader is done with it.',
  slowSeconds,
)
export const queries = counters('textstream_warehouse_queries_total', 'Queries that are over, by how they ended.', {
  ended: ['done', 'refused', 'interrupted', 'failed'],
})

const freeBytes = asked('gauge', 'textstream_warehouse_disk_free_bytes', "Free for us on the warehouse's disk.")
const sizeBytes = asked('gauge', 'textstream_warehouse_disk_size_bytes', "Size of the warehouse's disk.")

export const watchWarehouse = (dir: string): Disposable => watchDisk(freeBytes, sizeBytes, dir)

const ended: Readonly<Record<string, 'refused' | 'interrupted'>> = {
  'warehouse/sql': 'refused',
  'warehouse/refused': 'refused',
  'warehouse/not-found': 'refused',
  'warehouse/usage': 'refused',
  'warehouse/interrupted': 'interrupted',
}

/** One query: counted once, as the first thing that ends it says. */
export class WatchedQuery {
  readonly #sinceMs = performance.now()
  #isOver = false

  constructor() {
    queriesNow.add(1)
  }

  done(): void {
    this.#end('done')
  }

  failed(code: string | undefined): void {
    this.#end(ended[code ?? ''] ?? 'failed')
  }

  #end(how: 'done' | 'refused' | 'interrupted' | 'failed') {
    if (this.#isOver) return
    this.#isOver = true
    queriesNow.add(-1)
    queries.of({ ended: how }).add()
    querySeconds.since(this.#sinceMs)
  }
}
