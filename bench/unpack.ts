import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The old job's output, `"uri" TAB "text"` a line, as one file per document. */
export const unpackTable = async (table: string, out: string): Promise<void> => {
  for await (const line of createInterface({ input: createReadStream(table), crlfDelay: Number.POSITIVE_INFINITY })) {
    const [uri, text] = line.split('\t').map(part => JSON.parse(part))
    await writeFile(join(out, `${uri.slice(1)}.txt`), text)
  }
}
