import { ownName, stagingIn } from '../../warehouse/hive-layout.ts'
import { numbered } from './records.ts'

/** Where everything lies, given the folder of the table. */
export class Places {
  readonly folder: string

  constructor(table: string) {
    this.folder = `${table.replace(/\/+$/, '')}/${ownName}`
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
    return stagingIn(this.folder)
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
