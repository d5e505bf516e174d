/** Writes a log of many documents, interleaved, with a manifest of what must come out: the same bytes for the same seed. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { StreamError } from '../src/std/error.ts'
import { type Chance, chanceFrom } from './chance.ts'
import { benchCommand, positive, runBench } from './command.ts'
import { bodiesOf, type Document, expectedOf, makeDocuments } from './log-documents.ts'
import { LogFile } from './log-file.ts'
import { lineMaker, malformed, styles } from './log-lines.ts'
import { type About, type Expected, writeManifest } from './manifest.ts'
import { readTexts } from './reel.ts'
import { type Size, sizes, tokenCharactersMax } from './sizes.ts'

const lateShare = 0.01
const lateLinesMax = 5
const equalTimeShare = 0.005
const wholeSecondShare = 0.0002
const malformedShare = 0.0001
const microsBetweenMax = 200
const beginsAt = Date.parse('2025-02-25T16:53:30.460Z') * 1000 + 63

export interface Order {
  readonly name: string
  readonly size: Size
  readonly out: string
  readonly texts: string
  readonly own: boolean
  /** Without malformed lines. */
  readonly clean: boolean
  readonly seed: number
}

/** A log that is being written; `micros` is its clock. */
interface Writing {
  readonly file: LogFile
  readonly chance: Chance
  readonly next: (document: Document) => Buffer
  readonly malformedShare: number
  micros: number
  malformed: number
  late: number
  equalTimes: number
}

const hasMore = ({ written, characters }: Document) => written < characters

const tick = (writing: Writing) => {
  writing.micros += 1 + writing.chance.below(microsBetweenMax - 1)
  if (writing.chance.share() < wholeSecondShare) writing.micros = Math.ceil(writing.micros / 1e6) * 1e6
}

const hold = (writing: Writing, document: Document, line: Buffer) => {
  document.held = { line: Buffer.from(line), behind: 1 + writing.chance.below(lateLinesMax) }
  writing.late++
}

const release = ({ file }: Writing, document: Document) => {
  if (document.held !== undefined) file.put(document.held.line)
  document.held = undefined
}

/** Lines of one document and one time: only their arrival tells their order. */
const putEqualTime = (writing: Writing, document: Document) => {
  if (document.held !== undefined || !hasMore(document) || writing.chance.share() >= equalTimeShare) return
  writing.file.put(writing.next(document))
  writing.equalTimes++
}

const putMalformed = (writing: Writing, line: Buffer) => {
  if (writing.chance.share() >= writing.malformedShare) return
  writing.file.put(malformed(line, writing.chance.below))
  writing.malformed++
}

const step = (writing: Writing, document: Document) => {
  const line = writing.next(document)
  const { held } = document
  const isLate = held === undefined && hasMore(document) && writing.chance.share() < lateShare
  if (isLate) return hold(writing, document, line)
  writing.file.put(line)
  putMalformed(writing, line)
  if (held !== undefined && --held.behind === 0) release(writing, document)
  putEqualTime(writing, document)
}

/** One line of some document after another, until all of them are written; tells of each that is. */
const interleave = (writing: Writing, documents: readonly Document[], onWritten: (document: Document) => void) => {
  const live = [...documents]
  while (live.length > 0) {
    const at = writing.chance.below(live.length)
    tick(writing)
    step(writing, live[at])
    if (hasMore(live[at])) continue
    release(writing, live[at])
    onWritten(live[at])
    live[at] = live.at(-1)!
    live.pop()
  }
}

const charactersOf = ({ chunk }: Size, chance: Chance) =>
  chunk < tokenCharactersMax ? 1 + chance.below(chunk * 2 - 1) : chunk

const aboutOf = ({ own, seed, size }: Order, log: string, { file, malformed, late, equalTimes }: Writing): About => {
  const { documents } = size
  return { log, own, seed, bytes: file.end(), lines: file.lines, malformed, late, equalTimes, documents }
}

/** Where the log of this name and kind lies in `out`. */
export const logName = (name: string, own: boolean, clean: boolean): string =>
  `${name}${own ? '.own' : ''}${clean ? '.clean' : ''}.ndjson`

export const generate = async (order: Order): Promise<About> => {
  const { size, out, own, clean } = order
  mkdirSync(out, { recursive: true })
  const style = own ? styles.own : styles.old
  const chance = chanceFrom(order.seed)
  const bodies = bodiesOf(await readTexts(order.texts), style.asJson)
  const documents = makeDocuments(size, bodies, chance)
  const line = lineMaker(style, size.chunk * 2)
  const log = logName(order.name, own, clean)
  using file = new LogFile(join(out, log))
  const next = (document: Document): Buffer => line(document, charactersOf(size, chance), writing.micros)
  const writing: Writing = {
    ...{ file, chance, next, malformedShare: clean ? 0 : malformedShare },
    ...{ micros: beginsAt, malformed: 0, late: 0, equalTimes: 0 },
  }
  const expected: Expected[] = []
  interleave(writing, documents, document => {
    const is = expectedOf(document, style.asJson)
    expected[document.number] = is
    if (style.closing !== undefined) file.put(Buffer.from(style.closing(document, writing.micros, is)))
  })
  const about = aboutOf(order, log, writing)
  await writeManifest(join(out, log), { about, documents: expected })
  return about
}

const examples = [
  'S M                          into bench/data, from examples/texts',
  'M --texts ../shared/books    from other texts',
  'M --own                      as textstream produce writes it',
]

interface Flags {
  readonly out: string
  readonly texts: string
  readonly own: boolean
  readonly clean: boolean
  readonly seed: number
  readonly documents?: number
  readonly characters?: number
  readonly chunk?: number
}

const sizeOf = (name: string, { documents, characters, chunk }: Flags): Size => {
  if (!Object.hasOwn(sizes, name))
    throw new StreamError('bench/usage', `no size "${name}"; there are ${Object.keys(sizes).join(', ')}`)
  const size = sizes[name]
  return {
    documents: documents ?? size.documents,
    characters: characters ?? size.characters,
    chunk: chunk ?? size.chunk,
  }
}

const act = async (names: string[], flags: Flags) => {
  const { out, texts, own, clean, seed } = flags
  for (const name of names) {
    const about = await generate({ name, size: sizeOf(name, flags), out, texts, own, clean, seed })
    process.stdout.write(`${JSON.stringify(about)}\n`)
  }
}

const command = () =>
  benchCommand('generate.ts', examples)
    .description('Writes logs to measure with, and for each a manifest of the documents in it.')
    .argument('<size...>', Object.keys(sizes).join(', '))
    .option('--out <dir>', 'where they go', join(import.meta.dirname, 'data'))
    .option('--texts <dir>', 'what they are made from', join(import.meta.dirname, '../examples/texts'))
    .option('--own', "this project's records, with seq and closing record; otherwise the old system's", false)
    .option('--clean', 'without malformed lines', false)
    .option('--seed <n>', 'another one, another log', positive, 1)
    .option('--documents <n>', "instead of the size's own", positive)
    .option('--characters <n>', "of a document on average, instead of the size's own", positive)
    .option('--chunk <n>', "characters per chunk, instead of the size's own", positive)

if (import.meta.main) await runBench(command().action(act))
