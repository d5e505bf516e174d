import { numbered } from './records.ts'

/** Ours in the folder of the table: Hive, Spark and DuckDB read no folder whose name begins so. */
const ours = '_textstream'

/** Where everything lies, given the folder of the table. */
export class Places {
  readonly folder: string

  constructor(table: string) {
    this.folder = `${table.replace(/\/+$/, '')}/${ours}`
  }

  get lock(): string {
    return `${this.folder}/consume.lock`
  }

  get batches(): string {
    return `${this.folder}/batches`
  }

  get snapshots(): string {
    return `${this.folder}/snapshots`
  }

  get staging(): string {
    return `${this.folder}/staging`
  }

  /** Rows with all columns, where the table has only the old five. */
  get rows(): string {
    return `${this.folder}/rows`
  }

  model(id: number): string {
    return `${this.folder}/models/${id}`
  }

  staged(batch: number): string {
    return `${this.staging}/${numbered(batch)}`
  }
}
