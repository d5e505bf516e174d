import { readFolder } from './file-reader.ts'
import { openWriter, type WriterOptions } from './file-writer.ts'
import type { OnDamage } from './line-file.ts'
import { endIn } from './log-end.ts'
import type { Topic } from './topic.ts'

export type { Damage, OnDamage } from './line-file.ts'

export interface FileTopicOptions extends WriterOptions {
  /** Told of each stretch of bytes that is not handed out, as a reader comes by it. Damaged lines that are handed out are not told of. */
  readonly onDamage?: OnDamage
}

/**
 * The embedded log: a folder of NDJSON segments, each named by the offset of its first byte, that any tool can read. An
 * acknowledged record survives a power cut. Its partition is `log`; old logs in the folder (`logs_*.txt`, `*.ndjson`,
 * `*.jsonl`) are further partitions under their files' names, which nobody appends to.
 *
 * A reader is given durable records only, acknowledged or not. What a rejected append wrote is cut off as well as the
 * disk allows; whoever read it meanwhile can rely on its offsets never being used for other records.
 */
export const fileTopic = (dir: string, options: FileTopicOptions = {}): Topic => {
  const { onDamage = () => {}, ...limits } = options
  return {
    name: dir,
    end: () => endIn(dir),
    read: (from, readOptions = {}) => readFolder(dir, from, readOptions, onDamage),
    writer: () => openWriter(dir, limits),
  }
}
