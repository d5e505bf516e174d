import { posix } from 'node:path'
import { StreamError } from '../../std/error.ts'
import type { TableFiles } from '../../wire/table-files.ts'
import type { Move } from './records.ts'

/** So many renames are on their way at once. */
const inFlightMax = 8

const isExists = (thrown: unknown) => thrown instanceof StreamError && thrown.code === 'table/exists'

const isThere = async (files: TableFiles, { to, bytes }: Move): Promise<boolean> => {
  const found = (await files.list(posix.dirname(to))).find(({ name }) => name === posix.basename(to))
  return found?.bytes === bytes
}

const damaged = ({ from, to }: Move) =>
  new StreamError('consume/state', `neither "${from}" nor "${to}" is the file that was staged; did somebody move it?`)

/** A target that is there was renamed before; so was a source that is gone, or it is lost. */
const moveOne = async (files: TableFiles, move: Move): Promise<void> => {
  try {
    if (await files.rename(move.from, move.to)) return
  } catch (thrown) {
    if (!isExists(thrown)) throw thrown
    if (!(await isThere(files, move))) throw damaged(move)
    return files.remove(move.from)
  }
  if (!(await isThere(files, move))) throw damaged(move)
}

/** Gives staged files their names, each once, however often it is begun. */
export const publish = async (files: TableFiles, moves: readonly Move[]): Promise<void> => {
  for (let at = 0; at < moves.length; at += inFlightMax)
    await Promise.all(moves.slice(at, at + inFlightMax).map(move => moveOne(files, move)))
}
