import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileLinesMax, findings, functionLinesMax, functionsOf, importsOf, median, readFiles } from './tidy.ts'

const found = (files: Record<string, string>) => findings(new Map(Object.entries(files)))
const urlOf = (worker: string) => `new URL(\`${worker}\${import.meta.url.slice(-3)}\`, import.meta.url)`
const body = (lines: number) => '  act()\n'.repeat(lines)

test('this house is tidy', () => {
  assert.deepEqual(findings(readFiles(join(import.meta.dirname, '..'))), [])
})

const allowed: Record<string, Record<string, string>> = {
  'a room imports a floor below': { 'src/topic/topic.ts': "import { x } from '../std/error.ts'" },
  'the page imports the shapes of the API': { 'src/page/x.ts': "import type { X } from '../web/api.ts'" },
  'a room imports itself': { 'src/topic/file.ts': "import { x } from './topic.ts'" },
  'the pipeline loads an adapter late': { 'src/pipeline.ts': "const x = await import('./topic/file.ts')" },
  'the pipeline names the type of an adapter': { 'src/pipeline.ts': "import type { X } from './topic/file.ts'" },
  'a test imports anything': { 'src/std/x.test.ts': "import { x } from '../cli/main.ts'" },
  'a worker imports the file that starts it': {
    'src/refresh/crew.ts': urlOf('./worker'),
    'src/refresh/worker.ts': "import { x } from './crew.ts'",
  },
  'a runner starts its own worker': { 'src/refresh/local.ts': urlOf('./worker') },
}

for (const [name, files] of Object.entries(allowed)) {
  test(`allows that ${name}`, () => assert.deepEqual(found(files), []))
}

const refused: Record<string, [Record<string, string>, RegExp]> = {
  'an import from a floor above': [
    { 'src/std/x.ts': "\nimport { y } from '../chunk/chunk.ts'" },
    /^src\/std\/x\.ts:2: imports "src\/chunk\/chunk\.ts" from a floor above/,
  ],
  'a type from a floor above': [
    { 'src/std/x.ts': "import type { Y } from '../cli/run.ts'" },
    /^src\/std\/x\.ts:1: .* from a floor above/,
  ],
  'an import over several lines': [
    { 'src/std/x.ts': "import {\n  y,\n  z,\n} from '../chunk/chunk.ts'" },
    /^src\/std\/x\.ts:1: .* from a floor above/,
  ],
  'a re-export from a floor above': [
    { 'src/std/x.ts': "export { y } from '../chunk/chunk.ts'" },
    /^src\/std\/x\.ts:1: .* from a floor above/,
  ],
  'a room of the same floor': [
    { 'src/produce/x.ts': "import { y } from '../refresh/refresh.ts'" },
    /a room of its own floor/,
  ],
  'a late import is an import': [
    { 'src/produce/x.ts': "const x = await import('../refresh/refresh.ts')" },
    /a room of its own floor/,
  ],
  'an adapter named outside the pipeline': [
    { 'src/produce/x.ts': "import { y } from '../topic/file.ts'" },
    /names the adapter "src\/topic\/file\.ts"/,
  ],
  'an adapter that the pipeline loads at once': [
    { 'src/pipeline.ts': "import { y } from './topic/file.ts'" },
    /loads the adapter "src\/topic\/file\.ts" at once/,
  ],
  'a worker in another room': [{ 'src/chunk/x.ts': urlOf('../refresh/worker') }, /from a floor above/],
  'a page that imports what runs elsewhere': [
    { 'src/page/x.tsx': "import { y } from '../std/error.ts'" },
    /^src\/page\/x\.tsx:1: imports "src\/std\/error\.ts"; the page runs in a browser/,
  ],
  'a page that imports more than types': [
    { 'src/page/x.ts': "import { health } from '../web/api.ts'" },
    /only "import type" from src\/web\/api\.ts/,
  ],
  'a room on no floor': [{ 'src/attic/x.ts': '' }, /^src\/attic\/x\.ts:1: is in a room on no floor/],
  'a test that is imported': [
    { 'src/std/x.ts': "import { y } from './y.test.ts'" },
    /imports the test "src\/std\/y\.test\.ts"/,
  ],
  'a cycle': [
    { 'src/std/a.ts': "import './b.ts'", 'src/std/b.ts': "import './a.ts'" },
    /imports itself: src\/std\/a\.ts -> src\/std\/b\.ts -> src\/std\/a\.ts/,
  ],
  'a large file': [
    { 'test/x.ts': '\n'.repeat(fileLinesMax + 1) },
    new RegExp(`${fileLinesMax + 1} lines, at most ${fileLinesMax}`),
  ],
  'a large function': [
    { 'src/std/x.ts': `const f = () => {\n${body(functionLinesMax)}}\n` },
    new RegExp(`^src/std/x\\.ts:1: a function of ${functionLinesMax + 2} lines`),
  ],
  'an eleventh file in std': [
    Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`src/std/${i}.ts`, ''])),
    /has 11 files, at most 10/,
  ],
}

for (const [name, [files, message]] of Object.entries(refused)) {
  test(`refuses ${name}`, () => {
    const all = found(files)
    assert.equal(all.length, 1, all.join('\n'))
    assert.match(all[0], message)
  })
}

test('finds every way to import', () => {
  const text = [
    "import a from './a.ts'",
    "import './b.ts'",
    "import type { C } from './c.ts'",
    "  const d = await import('../d/d.ts')",
    `new Worker(${urlOf('./e')})`,
    "import fs from 'node:fs'",
  ].join('\n')
  assert.deepEqual(importsOf('src/x/x.ts', text), [
    { line: 1, target: 'src/x/a.ts', when: 'early' },
    { line: 2, target: 'src/x/b.ts', when: 'early' },
    { line: 3, target: 'src/x/c.ts', when: 'never' },
    { line: 4, target: 'src/d/d.ts', when: 'late' },
    { line: 5, target: 'src/x/e.ts', when: 'elsewhere' },
  ])
})

const measured: Record<string, [string, number[]]> = {
  'an arrow on one line': ['const f = (x: number) => x + 1\n', [1]],
  'an arrow with its value below': ['const f = (x: number) =>\n  x + 1\n\nconst g = 1\n', [3]],
  'an arrow with a body': [`const f = () => {\n${body(3)}}\n`, [5]],
  'parameters over several lines': ['const f = (\n  x: number,\n): number => {\n  return x\n}\n', [3]],
  'a function': [`export async function f() {\n${body(1)}}\n`, [3]],
  'methods, and no branches': ['class A {\n  async b(c: C): Promise<D> {\n    if (c) {\n    }\n  }\n}\n', [4]],
  'a private method': ['class A {\n  async *#b() {\n    act()\n  }\n}\n', [3]],
  'a method whose parameters stand on several lines': [
    'class A {\n  b(\n    c: C,\n  ): D {\n    act()\n  }\n}\n',
    [3],
  ],
  'no comments': [' * `x => {`\n// x => {\n', []],
}

for (const [name, [text, lines]] of Object.entries(measured)) {
  test(`measures functions: ${name}`, () =>
    assert.deepEqual(
      functionsOf(text).map(f => f.lines),
      lines,
    ))
}

test('takes the middle as the median', () => {
  assert.deepEqual([median([3, 1, 2]), median([1, 2]), median([])], [2, 1.5, 0])
})
