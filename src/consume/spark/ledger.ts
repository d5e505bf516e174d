import { StreamError } from '../../std/error.ts'
import { parseJson } from '../../std/json.ts'
import type { TableFiles } from '../../wire/table-files.ts'
import type { Places } from './places.ts'
import { publish } from './publish.ts'
import {
  type Plan,
  type RecordFile,
  type RecordKind,
  recordName,
  recordOf,
  type Snapshot,
  type Staged,
} from './records.ts'
import { State } from './state.ts'

/** After so many batches their changes are put together, and their records removed. */
export const snapshotBatches = 64

const jsonOf = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`)

/**
 * What was planned, what lies ready, and what is done, batch by batch, in files beside the table. A batch begins as its
 * plan, is staged once all its files are written, and done once they have their names. Whoever comes next finds at most
 * one batch that is not done, and finishes it.
 */
export class Ledger {
  readonly #files: TableFiles
  readonly #places: Places
  readonly state: State
  #since: number

  private constructor(files: TableFiles, places: Places, state: State, since: number) {
    this.#files = files
    this.#places = places
    this.state = state
    this.#since = since
  }

  /** Finishes what is staged. Gives the plan that is to be done, if there is one. */
  static async open(
    files: TableFiles,
    places: Places,
    answersMax?: number,
  ): Promise<{ ledger: Ledger; pending: Plan | undefined }> {
    const snapshot = await latestSnapshot(files, places)
    const state = new State(snapshot, answersMax)
    const ledger = new Ledger(files, places, state, state.batch)
    const records = await recordsIn(files, places)
    for (let batch = state.batch + 1; records.has(recordName(batch, 'staged')); batch++)
      await ledger.#take(batch, records)
    const next = state.batch + 1
    const pending = records.has(recordName(next, 'plan')) ? await ledger.#read<Plan>(next, 'plan') : undefined
    return { ledger, pending }
  }

  /** The plan of the next batch. Refused if somebody else made one. */
  async plan(from: Plan['from'], to: Plan['to']): Promise<Plan> {
    const plan = { batch: this.state.batch + 1, from, to }
    if (await this.#create(plan.batch, 'plan', plan)) return plan
    const message = `batch ${plan.batch} of "${this.#places.folder}" was planned by another consumer; is one still running?`
    throw new StreamError('consume/locked', message)
  }

  /** Nothing of it was done, and nothing will be: another one takes its number. */
  async discard({ batch }: Plan): Promise<void> {
    await this.#files.remove(`${this.#places.batches}/${recordName(batch, 'plan')}`)
    await this.#files.remove(this.#places.staged(batch))
  }

  /** Whatever happens from here on, the batch's rows are in the table once. */
  async stage(staged: Staged): Promise<void> {
    const { batch } = staged
    if (!(await this.#create(batch, 'staged', staged)))
      throw new StreamError('consume/locked', `batch ${batch} of "${this.#places.folder}" was done by another consumer`)
    this.state.apply(batch, staged.change)
  }

  /** The staged files get the names under which they are read. */
  async publish({ batch, hides = [], moves }: Staged): Promise<void> {
    await publish(this.#files, hides)
    await publish(this.#files, moves)
    await this.#create(batch, 'done', { batch })
    await this.#files.remove(this.#places.staged(batch))
    if (batch - this.#since >= snapshotBatches) await this.settle()
  }

  /** Puts all changes together, so that whoever comes next reads one file. */
  async settle(): Promise<void> {
    const { batch } = this.state
    if (batch === this.#since) return
    await this.#files.create(`${this.#places.snapshots}/${recordName(batch, 'done')}`, jsonOf(this.state.snapshot()))
    this.#since = batch
    await this.#prune(batch)
  }

  async #take(batch: number, records: ReadonlySet<string>) {
    const staged = await this.#read<Staged>(batch, 'staged')
    this.state.apply(batch, staged.change)
    if (!records.has(recordName(batch, 'done'))) await this.publish(staged)
  }

  async #prune(batch: number) {
    const remove = (folder: string, { name }: RecordFile) => this.#files.remove(`${folder}/${name}`)
    const of = async (folder: string) => (await this.#files.list(folder)).flatMap(({ name }) => recordOf(name) ?? [])
    const { batches, snapshots } = this.#places
    for (const record of await of(batches)) if (record.batch <= batch) await remove(batches, record)
    for (const record of await of(snapshots)) if (record.batch < batch) await remove(snapshots, record)
  }

  #create(batch: number, kind: RecordKind, value: unknown): Promise<boolean> {
    return this.#files.create(`${this.#places.batches}/${recordName(batch, kind)}`, jsonOf(value))
  }

  async #read<Kind>(batch: number, kind: RecordKind): Promise<Kind> {
    return readJson(this.#files, `${this.#places.batches}/${recordName(batch, kind)}`)
  }
}

const readJson = async <Kind>(files: TableFiles, path: string): Promise<Kind> => {
  const json = parseJson((await files.read(path))?.toString() ?? '')
  if (json === undefined)
    throw new StreamError('consume/state', `"${path}" is damaged; restore it, or fill another table`)
  return json as Kind
}

const recordsIn = async (files: TableFiles, { batches }: Places): Promise<Set<string>> =>
  new Set((await files.list(batches)).map(({ name }) => name))

const latestSnapshot = async (files: TableFiles, { snapshots }: Places): Promise<Snapshot | undefined> => {
  const found = (await files.list(snapshots)).flatMap(({ name }) => recordOf(name) ?? [])
  const latest = found.sort((a, b) => a.batch - b.batch).at(-1)
  return latest === undefined ? undefined : readJson(files, `${snapshots}/${latest.name}`)
}
