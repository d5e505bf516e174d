import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DescFile, DescMessage } from '@bufbuild/protobuf'
import { isBuilt } from './built.ts'

const skip = isBuilt() ? false : 'the client is not built: npm run build:spark'
const names = readdirSync(import.meta.dirname).filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
const sources = names.map(name => [name, readFileSync(join(import.meta.dirname, name), 'utf8')] as const)

function* messagesIn(of: readonly DescMessage[]): Generator<DescMessage> {
  for (const message of of) {
    yield message
    yield* messagesIn(message.nestedMessages)
  }
}

const withImports = (file: DescFile, seen = new Set<DescFile>()): Set<DescFile> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const other of file.dependencies) withImports(other, seen)
  return seen
}

test('no enum of the protocol is written as a number', { skip }, async () => {
  const { SparkConnectService } = await import('./proto.ts')
  const fields = [...withImports(SparkConnectService.file)]
    .flatMap(({ messages }) => [...messagesIn(messages)])
    .flatMap(message => message.fields)
    .filter(({ enum: of }) => of !== undefined)
  const enums = new Set(fields.map(({ localName }) => localName))
  assert.ok(enums.has('joinType') && enums.has('mode') && enums.has('interruptType'))
  const asNumber = new RegExp(`\\b(?:${[...enums].join('|')}):\\s*\\d`)
  assert.deepEqual(
    sources.filter(([, text]) => asNumber.test(text)).map(([name]) => name),
    [],
  )
})

test('only one file names what is generated', () => {
  const naming = sources.filter(([, text]) => /from '[^']*\/gen\//.test(text)).map(([name]) => name)
  assert.deepEqual(naming, ['proto.ts'])
})
