import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export interface Measured {
  readonly report: object
  /** For people: rows for the tables of README.md. */
  readonly table: string
}

interface Flags {
  readonly out: string
  readonly json: boolean
}

/** Measures in a folder of its own below `out`, which is removed at the end, and prints what came of it. */
export const runScenario = async (
  name: string,
  { out, json }: Flags,
  measure: (dir: string) => Promise<Measured>,
): Promise<void> => {
  const dir = join(resolve(out), `${name}-${process.pid}`)
  try {
    const { report, table } = await measure(dir)
    process.stdout.write(`${json ? JSON.stringify(report) : table}\n`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
