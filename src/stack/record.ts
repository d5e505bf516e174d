import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson } from '../std/json.ts'
import type { Ports } from './part.ts'
import { type Place, readIfThere } from './place.ts'
import { type Identity, isAlive } from './process.ts'

/** What stands in a daemon's pid file. */
export interface RunRecord extends Identity {
  readonly ports: Ports
  /** ISO 8601. */
  readonly since: string
}

const pathOf = ({ run }: Place, daemon: string) => join(run, `${daemon}.json`)

const isRecord = (value: unknown): value is RunRecord => {
  const { pid, start, ports } = (value ?? {}) as Partial<RunRecord>
  return Number.isInteger(pid) && pid! > 1 && typeof start === 'string' && typeof ports === 'object'
}

/** What was recorded last, whether or not that process is still there; a file that says nothing counts as none. */
export const recorded = async (place: Place, daemon: string): Promise<RunRecord | undefined> => {
  const value = parseJson((await readIfThere(pathOf(place, daemon))) ?? '')
  return isRecord(value) ? value : undefined
}

/** Only if its process is there, and is the one that was recorded. */
export const running = async (place: Place, daemon: string): Promise<RunRecord | undefined> => {
  const record = await recorded(place, daemon)
  return record !== undefined && (await isAlive(record)) ? record : undefined
}

/** A reader sees the old one or the new one. */
export const writeRecord = async (place: Place, daemon: string, record: RunRecord): Promise<void> => {
  const path = pathOf(place, daemon)
  const temporary = `${path}.${randomUUID()}`
  await writeFile(temporary, `${JSON.stringify(record)}\n`)
  await rename(temporary, path)
}

export const forget = (place: Place, daemon: string): Promise<void> => rm(pathOf(place, daemon), { force: true })
