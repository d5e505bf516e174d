import { open, rm } from 'node:fs/promises'
import { syncFolder } from '../std/durable.ts'
import { partPath, tailDir } from './layout.ts'
import type { Change, State } from './state.ts'

const syncFile = async (path: string) => {
  await using handle = await open(path)
  await handle.datasync()
}

export interface NewFile {
  readonly part: number
  readonly path: string
}

/** Files that a change to come will name. */
export class Draft {
  readonly #dir: string
  readonly #state: State
  readonly #paths = new Set<string>()

  constructor(dir: string, state: State) {
    this.#dir = dir
    this.#state = state
  }

  newFile(): NewFile {
    const part = this.#state.newPart()
    const path = partPath(this.#dir, part)
    this.#paths.add(path)
    return { part, path }
  }

  async remove(path: string): Promise<void> {
    this.#paths.delete(path)
    await rm(path, { force: true })
  }

  async sync(): Promise<void> {
    if (this.#paths.size === 0) return
    await Promise.all([...this.#paths].map(syncFile))
    await syncFolder(tailDir(this.#dir))
  }

  /** What cannot be removed now, the next opening removes. */
  async discard(): Promise<void> {
    if (this.#state.inDoubt) return
    await Promise.all([...this.#paths].map(path => this.remove(path).catch(() => {})))
  }
}

/** Writes files, makes them durable, then commits to what they are: all of it happens, or nothing. */
export const change = async (
  dir: string,
  state: State,
  draw: (draft: Draft) => Promise<Change | undefined>,
): Promise<void> => {
  const draft = new Draft(dir, state)
  try {
    const drawn = await draw(draft)
    await draft.sync()
    if (drawn !== undefined) state.apply(drawn)
  } catch (error) {
    await draft.discard()
    throw error
  }
}
