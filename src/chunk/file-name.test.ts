import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fileNameOf } from './file-name.ts'

const numRuns = process.env.TEXTSTREAM_LONG ? 200_000 : 3_000
const unit = fc.oneof(
  fc.constantFrom('/', '.', '..', '~', '%', 'a', 'A', 'con', 'nul', '\0', '\n', '\ud800', 'é', 'e\u0301', 'ı'),
  fc.string(),
)
const uri = fc.oneof(
  fc.string({ unit, maxLength: 300 }),
  fc.string({ unit, maxLength: 4 }).map(s => `/${s}`),
)

/** What the strictest file systems make of a name: case folded, Unicode normalised, trailing dots and spaces gone. */
const folded = (file: string) =>
  file
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[. ]+$/, '')

test('gives a name that every file system can hold, and that is no path', () => {
  fc.assert(
    fc.property(uri, uri => {
      const file = fileNameOf(uri)
      assert.match(file, /^(?:[a-z0-9_-][a-z0-9_.-]*|[A-Za-z0-9_.%-]*~[0-9a-f]{16})\.txt$/)
      assert.ok(file.length <= 171)
    }),
    { numRuns },
  )
})

test('gives other uris other names, also where case and Unicode forms are folded', () => {
  const alike = fc.constantFrom<(uri: string) => string>(
    uri => `${uri}/`,
    uri => `/${uri}`,
    uri => uri.toUpperCase(),
    uri => uri.toLowerCase(),
    uri => uri.normalize('NFD'),
    uri => uri.normalize('NFKC'),
    uri => encodeURIComponent(uri.toWellFormed()),
    uri => fileNameOf(uri),
    uri => `/${fileNameOf(uri).slice(0, -4)}`,
    uri => uri.slice(1),
    uri => `${uri}x`,
  )
  fc.assert(
    fc.property(uri, alike, (uri, turn) => {
      const [one, other] = [uri.toWellFormed(), turn(uri).toWellFormed()]
      if (one !== other) assert.notEqual(folded(fileNameOf(one)), folded(fileNameOf(other)))
    }),
    { numRuns },
  )
})
