import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashingSeed, Murmur3, murmur3 } from './murmur3.ts'

test('hashes as published for Murmur3_x86_32', () => {
  const cases: [text: string, seed: number, hash: number][] = [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['hello', 0, 0x248bfa47],
    ['hello, world', 0, 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
    ['\xff\xff\xff\xff', 0, 0x76293b50],
    ['\x21\x43\x65\x87', 0x5082edee, 0x2362f9de],
    ['\x21\x43\x65', 0, 0x7e4a8634],
    ['\x21\x43', 0, 0xa0f7b07a],
    ['\x21', 0, 0x72661cf4],
  ]
  for (const [text, seed, hash] of cases) {
    const bytes = Buffer.from(`-${text}-`, 'latin1')
    assert.equal(murmur3(bytes, 1, bytes.length - 1, seed) >>> 0, hash, JSON.stringify(text))
  }
})

test('gives the same hash whether bytes or code points come one by one, and from any state on', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, at) => {
      const utf8 = Buffer.from(text)
      const bytes = new Murmur3()
      for (const byte of utf8) bytes.push(byte)
      const points = [...text].map(character => character.codePointAt(0)!)
      const [first, second] = [new Murmur3(), new Murmur3()]
      for (const point of points.slice(0, at)) first.pushCodePoint(point)
      Object.assign(second, { hash: first.hash, tail: first.tail, length: first.length })
      for (const point of points.slice(at)) second.pushCodePoint(point)
      const hash = murmur3(utf8, 0, utf8.length, hashingSeed)
      assert.deepEqual([bytes.digest(), second.digest()], [hash, hash])
    }),
  )
})
