import { archiveOf } from './archives.ts'
import { jarsOf } from './jars.ts'
import type { Part } from './part.ts'
import { placeOf } from './place.ts'
import type { Stack } from './stack.ts'
import type { Variables } from './template.ts'

const mebi = 1024 * 1024

const libOf = async ({ folders, environment, tell }: Stack, part: string): Promise<string | undefined> =>
  jarsOf(placeOf(folders, part), {
    cache: folders.cache,
    environment,
    onProgress: (done, total) => tell({ kind: 'jars', part, done, total }),
    onWait: why => tell({ kind: 'waiting', why }),
  })

/** All that a part has in the cache, downloaded if it isn't there: `lib`, `<part>.lib`, `archive.<name>`. */
export const fetchedFor = async (stack: Stack, part: Part): Promise<Variables> => {
  const { folders, environment, tell } = stack
  const variables: Record<string, string> = {}
  const lib = await libOf(stack, part.name)
  if (lib !== undefined) variables.lib = lib
  for (const other of part.libs ?? []) variables[`${other}.lib`] = (await libOf(stack, other))!
  for (const archive of part.archives ?? []) {
    const { name, file, mebibytes } = archive
    const onBytes = (bytes: number) => tell({ kind: 'archive', file, done: Math.round(bytes / mebi), total: mebibytes })
    const onWait = (why: string) => tell({ kind: 'waiting', why })
    const asked = { cache: folders.cache, environment, onBytes, onWait }
    variables[`archive.${name}`] = await archiveOf(archive, asked)
  }
  return variables
}
