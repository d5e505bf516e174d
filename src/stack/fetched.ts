import { type Archiving, archiveOf } from './archive.ts'
import { bundleOf } from './bundles.ts'
import { jarsOf } from './jars.ts'
import type { Bundle, Part } from './part.ts'
import { placeOf } from './place.ts'
import type { Stack } from './stack.ts'
import type { Variables } from './template.ts'

const mebi = 1024 * 1024

const askedFor = ({ folders, environment, tell }: Stack, part: string): Archiving => ({
  cache: folders.cache,
  environment,
  onProgress: (done, total) => tell({ kind: 'jars', part, done, total }),
  onArchive: (java, failed) => tell({ kind: 'archive', part, java, failed }),
  onWait: why => tell({ kind: 'waiting', why }),
})

const ownJars = async (stack: Stack, part: string): Promise<Variables> => {
  const [place, asked] = [placeOf(stack.folders, part), askedFor(stack, part)]
  const lib = await jarsOf(place, asked)
  return lib === undefined ? {} : { lib, archive: await archiveOf(place, lib, asked) }
}

const jarsOfOther = async (stack: Stack, part: string): Promise<string> =>
  (await jarsOf(placeOf(stack.folders, part), askedFor(stack, part)))!

const bundle = ({ folders, environment, tell }: Stack, bundle: Bundle): Promise<string> => {
  const { file, mebibytes } = bundle
  const onBytes = (bytes: number) => tell({ kind: 'bundle', file, done: Math.round(bytes / mebi), total: mebibytes })
  return bundleOf(bundle, {
    cache: folders.cache,
    environment,
    onBytes,
    onWait: why => tell({ kind: 'waiting', why }),
  })
}

/** All that a part has in the cache, downloaded if it isn't there: see variables.ts. */
export const fetchedFor = async (stack: Stack, part: Part): Promise<Variables> => {
  const variables: Record<string, string> = { ...(await ownJars(stack, part.name)) }
  for (const other of part.libs ?? []) variables[`${other}.lib`] = await jarsOfOther(stack, other)
  for (const one of part.bundles ?? []) variables[`bundle.${one.name}`] = await bundle(stack, one)
  return variables
}
