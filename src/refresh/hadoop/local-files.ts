import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ListedInput } from './input-list.ts'
import type { StreamingJob } from './job.ts'

export type JobFiles = Pick<StreamingJob, 'inputs' | 'task' | 'jar'>

/** Hadoop splits lists of paths at commas and reads them as addresses: whatever ours are called, these are plain. */
const isPlain = (path: string) => /^[\w./-]+$/.test(path)

export const plainTmpdir = (): string => (isPlain(tmpdir()) ? tmpdir() : '/tmp')

export const filesIn = (dir: string): JobFiles => ({
  inputs: join(dir, 'inputs.json'),
  task: join(dir, 'task.mjs'),
  jar: join(dir, 'textstream.jar'),
})

/** Local files that go with a job, in a folder of their own that is gone afterwards. */
export interface LocalFiles extends AsyncDisposable {
  readonly cwd: string
  readonly files: JobFiles
}

/** In `scratch`, where that will do. */
export const localFiles = async (
  listed: readonly ListedInput[],
  task: string,
  jar: string,
  scratch: string,
): Promise<LocalFiles> => {
  const cwd = await mkdtemp(join(isPlain(scratch) ? scratch : plainTmpdir(), 'textstream-hadoop-'))
  const files = filesIn(cwd)
  await writeFile(files.inputs, JSON.stringify(listed))
  await copyFile(task, files.task)
  await copyFile(jar, files.jar)
  return { cwd, files, [Symbol.asyncDispose]: () => rm(cwd, { recursive: true, force: true }) }
}
