/**
 * src/page → a folder of static files, `dist-page/<digest>/`. `textstream up` calls it in a checkout, and `tools/build.ts`
 * for the package. The digest is of all that goes in: a folder that is there already is what would be made.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const sources = join(root, 'src/page')
/** A folder of another digest may still be served by a process that runs. */
const keptMsMax = 24 * 60 * 60 * 1000

const ingredients = async (): Promise<string[]> => {
  const inPage = await readdir(sources, { recursive: true, withFileTypes: true })
  const files = inPage.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  return [
    ...files.filter(path => !path.endsWith('.test.ts')).sort(),
    import.meta.filename,
    join(root, 'package-lock.json'),
  ]
}

const digestOfSources = async (): Promise<string> => {
  const hash = createHash('sha256')
  for (const path of await ingredients()) hash.update(`${path.slice(root.length)}\0`).update(await readFile(path))
  return hash.digest('hex').slice(0, 16)
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

const bundle = async (outDir: string): Promise<void> => {
  const { build } = await import('vite')
  await build({
    root: sources,
    configFile: false,
    logLevel: 'warn',
    base: './',
    build: {
      outDir,
      emptyOutDir: false,
      target: 'es2023',
      cssTarget: 'chrome125',
      assetsInlineLimit: 0,
      cssCodeSplit: false,
      modulePreload: false,
      reportCompressedSize: false,
    },
  })
}

const sweep = async (into: string, kept: string): Promise<void> => {
  for (const name of await readdir(into)) {
    const { mtimeMs } = await stat(join(into, name)).catch(() => ({ mtimeMs: Date.now() }))
    if (name !== kept && Date.now() - mtimeMs > keptMsMax) await rm(join(into, name), { recursive: true, force: true })
  }
}

/** The folder with `index.html`. Several processes may ask at once. */
export const buildPage = async (into: string = join(root, 'dist-page')): Promise<string> => {
  const name = await digestOfSources()
  const target = join(into, name)
  if (await isThere(join(target, 'index.html'))) return target
  const making = join(into, `.${name}.${randomUUID()}`)
  await mkdir(into, { recursive: true })
  try {
    await bundle(making)
    await rename(making, target).catch(async cause => {
      if (!(await isThere(join(target, 'index.html')))) throw cause
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  await sweep(into, name)
  return target
}

if (import.meta.main) console.log(await buildPage())
