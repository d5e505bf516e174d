import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** The first line of a manifest: what the log is. */
export interface About {
  /** The log's name; it lies beside its manifest. */
  readonly log: string
  readonly own: boolean
  readonly seed: number
  readonly bytes: number
  readonly lines: number
  readonly malformed: number
  readonly late: number
  readonly equalTimes: number
  readonly documents: number
}

/** Every further line: a document as it must come out. */
export interface Expected {
  readonly uri: string
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

export interface Manifest {
  readonly about: About
  readonly documents: readonly Expected[]
}

export const manifestOf = (log: string): string => join(dirname(log), basename(log, '.ndjson') + '.manifest')

export const writeManifest = async (log: string, { about, documents }: Manifest): Promise<void> => {
  await using file = await open(manifestOf(log), 'w')
  await file.writeFile(`${JSON.stringify(about)}\n`)
  const linesAtOnce = 10_000
  for (let at = 0; at < documents.length; at += linesAtOnce) {
    const lines = documents.slice(at, at + linesAtOnce).map(document => `${JSON.stringify(document)}\n`)
    await file.writeFile(lines.join(''))
  }
}

export const readManifest = async (log: string): Promise<Manifest> => {
  const lines: string[] = []
  for await (const line of createInterface({ input: createReadStream(manifestOf(log)) })) lines.push(line)
  const [about, ...documents] = lines.map(line => JSON.parse(line))
  return { about, documents }
}
