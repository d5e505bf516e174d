import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusteringContract, windowOf } from './cluster.contract.ts'
import { embedded } from './embedded.ts'
import { recipeOf } from './recipes.ts'
import { sampleWindowsMax } from './sample.ts'

clusteringContract('embedded', embedded)

const modelBytesMax = 1.5 * 1024 * 1024

test('a model of as many windows as there can be, with every term in them, is at most 1.5 MiB', async () => {
  const recipe = recipeOf('text')
  const sample = Array.from({ length: sampleWindowsMax }, (_, n) =>
    windowOf(n, new Map(Array.from({ length: 64 }, (_, i) => [(n * 8 + i * 37) % recipe.dimensions, 1]))),
  )
  const { model } = await embedded.fit(sample, { recipe, k: 8, seed: 42, windows: sample.length })
  assert.ok(model.save().length <= modelBytesMax, `${model.save().length} bytes`)
})
