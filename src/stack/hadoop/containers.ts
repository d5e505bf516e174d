import { glob, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { commandOf, type Identity, identify } from '../process.ts'

const processIn = async (path: string): Promise<Identity | undefined> => {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''))
  if (!(Number.isInteger(pid) && pid > 1)) return undefined
  // The number may belong to a stranger by now.
  return (await commandOf(pid)).includes(basename(path, '.pid')) ? identify(pid) : undefined
}

/** The containers of a NodeManager with this data that are running: `nmPrivate/APPLICATION/CONTAINER/CONTAINER.pid`. */
export const containers = async (data: string): Promise<Identity[]> => {
  const cwd = join(data, 'local/nmPrivate')
  const found: Identity[] = []
  for await (const name of glob('*/*/container_*.pid', { cwd })) {
    const identity = await processIn(join(cwd, name))
    if (identity !== undefined) found.push(identity)
  }
  return found
}
