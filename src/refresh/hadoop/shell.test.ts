import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { commandLine, quoted } from './shell.ts'

const shown = (words: readonly string[]): string[] => {
  const out = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${words.map(quoted).join(' ')}`])
  return out.toString().split('\0').slice(0, -1)
}

const word = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...'ab \'"\\$`!*?[{~\n#;&|<>(=') }),
)

test('a shell reads a quoted word as what it was', () => {
  const wellFormed = word.filter(text => text.isWellFormed() && !text.includes('\0'))
  fc.assert(
    fc.property(fc.array(wellFormed, { minLength: 1, maxLength: 20 }), words => {
      assert.deepEqual(shown(words), words)
    }),
    { numRuns: 60 },
  )
})

test('a command line begins each flag on a line of its own, and runs as it is', () => {
  const line = commandLine({ A: "it's" }, '/bin/sh', ['-c', 'echo "$A $0 $1"', 'a b', '--c', "d'"])
  assert.equal(line.split('\n').length, 3)
  assert.equal(execFileSync('/bin/sh', ['-c', line]).toString(), "it's a b --c\n")
})
