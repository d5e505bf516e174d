import assert from 'node:assert/strict'
import { test } from 'node:test'
import { divide } from './size.ts'

const mib = 2 ** 20
const files = (...sizes: readonly number[]) => sizes.map(size => ({ path: '', name: '', base: 0, size: size * mib }))
const stack = { nodes: 1, cores: 4, memoryMiB: 6144 }
const large = { nodes: 20, cores: 320, memoryMiB: 20 * 65_536 }

test('what is small is one map and one reduce, in one container', () => {
  const one = { splitBytes: 64 * mib, reducers: 1, isSmall: true }
  assert.deepEqual(divide(files(5), stack, undefined), one)
  assert.deepEqual(divide([], undefined, undefined), one)
  assert.deepEqual(divide(files(...Array(1000).fill(0.01)), large, undefined), one)
})

test('more than one reducer is never small', () => {
  assert.deepEqual(divide(files(5), stack, 3), { splitBytes: 64 * mib, reducers: 3, isSmall: false })
})

test('on one machine there are as many maps as run at once', () => {
  assert.deepEqual(divide(files(570), stack, undefined), { splitBytes: 190 * mib, reducers: 2, isSmall: false })
  assert.deepEqual(divide(files(570), stack, 1).reducers, 1)
})

test('on many machines a map reads a block, and reducers are as many as there is work for', () => {
  assert.deepEqual(divide(files(100_000), large, undefined), { splitBytes: 128 * mib, reducers: 196, isSmall: false })
  assert.deepEqual(divide(files(1000), large, undefined), { splitBytes: 32 * mib, reducers: 2, isSmall: false })
})
