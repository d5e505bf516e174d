import { createHash, randomUUID } from 'node:crypto'
import { access, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../../std/durable.ts'

/** The Node of a cluster's nodes may be older than ours. */
const target = 'node20'

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The tasks' program and all that it imports, as one text. */
export const bundleTask = async (program: string): Promise<string> => {
  const { rolldown } = await import('rolldown')
  const bundle = await rolldown({ input: program, platform: 'node', transform: { target }, logLevel: 'warn' })
  try {
    const { output } = await bundle.generate({ format: 'esm' })
    return output[0].code
  } finally {
    await bundle.close()
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Each text has a name of its own, which only a whole file gets. */
const keep = async (text: string, cache: string): Promise<string> => {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16)
  const path = join(cache, `hadoop-task-${digest}.mjs`)
  if (await isThere(path)) return path
  await makeFolder(cache)
  const part = join(cache, `.hadoop-task-${randomUUID()}`)
  await writeFile(part, text)
  await rename(part, path)
  return path
}

/**
 * The path of the tasks' program: one file without dependencies, for Node 20 or newer, with `map` or `reduce` as
 * argument. The package brings it; in a checkout it is made anew each time, and kept below `cache`.
 */
export const bundledTask = async (cache: string): Promise<string> =>
  import.meta.url.endsWith('.ts') ? keep(await bundleTask(beside('./task.ts')), cache) : beside('./task.mjs')
