import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reasonOf } from '../std/error.ts'

/** All of the page lies in memory: it is small, and nothing that a request names becomes a path. */
const filesMax = 200
const fileBytesMax = 4 * 1024 * 1024

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

export interface PageFile {
  readonly type: string
  readonly bytes: Buffer
  readonly etag: string
  /** Its name says what is in it. */
  readonly isForever: boolean
}

/** By path, `/` for the page itself. */
export type PageFiles = ReadonlyMap<string, PageFile>

const fileAt = async (path: string): Promise<PageFile> => {
  const bytes = await readFile(path)
  if (bytes.length > fileBytesMax) throw new Error(`"${path}" is larger than ${fileBytesMax} bytes`)
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`
  const type = types[extname(path)] ?? 'application/octet-stream'
  return { type, bytes, etag, isForever: /[-.][\w-]{8,}\.(?:js|css|woff2|svg|png)$/.test(path) }
}

const readPage = async (dir: string): Promise<PageFiles> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const files = new Map<string, PageFile>()
  for (const path of paths.slice(0, filesMax))
    files.set(path.slice(dir.length).replaceAll('\\', '/'), await fileAt(path))
  const index = files.get('/index.html')
  if (index !== undefined) files.set('/', index)
  return files
}

/** In the package the page is built; in a checkout it is built now, if it has changed since it was last. */
const pageDir = async (): Promise<string> => {
  if (!import.meta.url.endsWith('.ts')) return fileURLToPath(new URL('../page', import.meta.url))
  const { buildPage } = await import(new URL('../../tools/build-page.ts', import.meta.url).href)
  return await buildPage()
}

/** The page's files, or why there are none. */
export const loadPage = async (): Promise<PageFiles | string> => {
  try {
    const files = await readPage(await pageDir())
    return files.has('/') ? files : 'the page was not built; npm pack does it'
  } catch (thrown) {
    return `the page could not be built: ${reasonOf(thrown)}`
  }
}
