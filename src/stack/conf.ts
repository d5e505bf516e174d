import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn, type Place } from './place.ts'
import { render, type Variables } from './template.ts'

/** Writes the part's configuration anew from its templates: it always is what the project ships, on these ports. */
export const writeConf = async ({ installation, conf }: Place, variables: Variables): Promise<void> => {
  const templates = join(installation, 'conf')
  for (const name of await namesIn(templates)) {
    const template = await readFile(join(templates, name), 'utf8')
    const path = join(conf, name)
    await writeFile(path, render(template, variables, join(templates, name)))
  }
}
