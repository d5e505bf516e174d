import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { metricsPage, metricsPageOf } from './metrics-page.ts'

test('docs/metrics.md is what the rooms declare; "npm run docs" writes it anew', async () => {
  assert.equal(await readFile(metricsPage, 'utf8'), await metricsPageOf())
})
