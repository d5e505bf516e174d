import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { page, pageOf } from './gen-docs.ts'

test('docs/commands.md is what the commands say of themselves; "npm run docs" writes it anew', async () => {
  assert.equal(await readFile(page, 'utf8'), await pageOf())
})
