import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type FileTopicOptions, fileTopic } from './file.ts'
import { topicContract } from './topic.contract.ts'

const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'textstream-topic-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const contract = (name: string, options: FileTopicOptions) =>
  topicContract(name, async t => fileTopic(await tempDir(t), options))

contract('file', {})
contract('file in tiny segments', { segmentBytesMax: 8 })
contract('file without lingering', { lingerMs: 0 })
