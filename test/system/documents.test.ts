import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { bytesOf, casesOf } from '../cases/cases.ts'
import { type Case, logOf, type Members } from './document-cases.ts'
import { expectedOf } from './expected.ts'
import { type Log, type Rebuilt, rebuild, runnerNames } from './rebuild.ts'

type Outcome = Pick<Rebuilt, 'files' | 'counters'>

/** Members that a line has only if there is something to say: a case must name them, or they must not be there. */
const onlyIfAny = ['faults', 'parts', 'supersedes', 'ignored', 'superseded_by', 'file']

/** Of what a line says only that which the case speaks of, and what must be spoken of. */
const restrict = (line: Members, wanted: Members, always: readonly string[]): Members =>
  Object.fromEntries(Object.entries(line).filter(([name]) => name in wanted || always.includes(name)))

const describe = (row: Members, wanted: Case['documents'][number]) => {
  const parts = (row.parts as Members[] | undefined)?.map((part, n) =>
    restrict(part, wanted.parts?.[n] ?? {}, onlyIfAny),
  )
  return { ...restrict(row, wanted, ['faults', 'parts', 'state', 'uri']), ...(parts && { parts }) }
}

const rowsOf = ({ files }: Outcome, name: string): Members[] =>
  files
    .get(name)!
    .toString()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const checkDocument = (outcome: Outcome, row: Members, wanted: Case['documents'][number]) => {
  const { text, ...members } = wanted
  assert.deepEqual(describe(row, wanted), members)
  const content = outcome.files.get(row.file as string)!
  assert.ok(content.equals(bytesOf(text)), `text of ${row.uri}: ${content.subarray(0, 1000)}`)
  assert.deepEqual([row.bytes, row.sha256], [content.length, sha256(content)])
}

const check = (outcome: Outcome, { documents, counters = {}, malformed, attempts = [] }: Case) => {
  const rows = rowsOf(outcome, '_documents.ndjson')
  assert.deepEqual(
    rows.map(row => row.uri),
    documents.map(({ uri }) => uri),
  )
  for (const [n, wanted] of documents.entries()) checkDocument(outcome, rows[n], wanted)
  assert.deepEqual(restrict(outcome.counters as unknown as Members, counters, []), counters)
  if (malformed !== undefined) assert.deepEqual(rowsOf(outcome, '_malformed.ndjson'), malformed)
  for (const { file, text } of attempts) assert.ok(outcome.files.get(`_attempts/${file}`)?.equals(bytesOf(text)), file)
  assert.equal(outcome.files.size, rows.length + attempts.length + 2, [...outcome.files.keys()].join())
}

const cases = casesOf<Case>('documents.json')

for (const one of cases) test(`documents, the oracle: ${one.name}`, () => check(expectedOf(logOf(one)), one))

const bytesOfLog = ({ inputs }: Log) => [...inputs.values()].reduce((sum, { length }) => sum + length, 0)

/** Slices of 500 bytes are for logs of some lines. */
const slicedBytesMax = 1024 * 1024

for (const runner of runnerNames) {
  for (const one of cases) {
    const log = logOf(one)
    if (runner.includes('slices') && bytesOfLog(log) > slicedBytesMax) continue
    test(`documents, runner ${runner}: ${one.name}`, async () => check(await rebuild(runner, logOf(one)), one))
  }
}
