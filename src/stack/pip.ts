import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../std/error.ts'
import { failure, runClient } from './download.ts'
import { findProgram, missing, pathOf } from './installed.ts'
import type { Packages } from './part.ts'

const packages: Packages = { apt: 'python3-pip', brew: 'python' }

/** It says nothing while it downloads, so that it may be idle as long. */
const downloadMsMax = 60 * 60_000
const pollMs = 500

export interface Pip {
  readonly requirement: string
  readonly sha256: string
  /** An empty folder, for pip and what it downloads. */
  readonly work: string
  readonly environment: NodeJS.ProcessEnv
  /** Told how far the file has come. */
  readonly onBytes: (bytes: number) => void
}

export const findPython = async (environment: NodeJS.ProcessEnv): Promise<string> => {
  const path = await findProgram('python3', pathOf(environment))
  if (path !== undefined) return path
  throw missing('pip', 'is needed to download Spark, and there is no "python3" on the PATH', packages)
}

const largestIn = async (folder: string): Promise<number> => {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = names.map(name =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  ) // prettier-ignore
  return Math.max(0, ...(await Promise.all(sizes)))
}

const failureOf = (lines: readonly string[], why: string): StreamError => {
  if (lines.some(line => /No module named pip/.test(line)))
    return missing('pip', 'is needed to download Spark', packages)
  if (lines.some(line => /DO NOT MATCH THE HASHES/.test(line)))
    return new StreamError('stack/jars', 'download by pip: what came is not what was pinned. Is a mirror in between?')
  const errors = lines.filter(line => /^\s*(ERROR|WARNING): /.test(line))
  return failure({
    what: 'download by pip',
    code: 'stack/pip',
    why,
    errors: errors.length > 0 ? errors : lines.slice(-1),
    mirror: 'pip.conf (index-url, proxy)',
  })
}

/** Downloads one package as it was published; the folder that holds it, and nothing else. */
export const download = async ({ requirement, sha256, work, environment, onBytes }: Pip): Promise<string> => {
  const python = await findPython(environment)
  const [into, temporary, list] = ['file', 'temporary', 'requirements.txt'].map(name => join(work, name))
  await mkdir(into)
  await mkdir(temporary)
  await writeFile(list, `${requirement} --hash=sha256:${sha256}\n`)
  const poll = setInterval(async () => onBytes(Math.max(1, await largestIn(temporary))), pollMs)
  try {
    const { why, lines } = await runClient({
      path: python,
      arguments: [
        ...['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--no-input', '--disable-pip-version-check'],
        ...['--progress-bar', 'off', '--dest', into, '--requirement', list],
      ],
      environment: { ...environment, TMPDIR: temporary },
      msMax: downloadMsMax,
      idleMsMax: downloadMsMax,
      onLine: () => {},
    })
    if (why !== undefined) throw failureOf(lines, why)
  } finally {
    clearInterval(poll)
  }
  return into
}
