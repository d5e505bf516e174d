import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Source } from '../source/source.ts'
import { StreamError } from '../std/error.ts'
import { memoryTopic } from '../topic/memory.ts'
import type { Topic } from '../topic/topic.ts'
import { answersIn, linesOf, textsIn } from './captured.ts'
import { type ProduceOptions, produce } from './produce.ts'
import { type ScriptedText, scriptedSource } from './scripted-source.ts'

const runs = (numRuns: number) => ({ numRuns: process.env.TEXTSTREAM_LONG === undefined ? numRuns : 20 * numRuns })
const retry = { retriesMax: 4, backoffMsMin: 1, backoffMsMax: 2 }
const run = (texts: Record<string, ScriptedText>, topic: Topic, options: ProduceOptions = {}) =>
  produce(scriptedSource(texts), topic, { retry, ...options })

const states = (deliveries: Awaited<ReturnType<typeof produce>>) => deliveries.map(({ state }) => state)

const topicOf = async (lines: readonly string[]): Promise<Topic> => {
  const topic = memoryTopic()
  await using writer = await topic.writer()
  for (const line of lines) await writer.append('/any', Buffer.from(`${line}\n`))
  return topic
}

const escaped = (chunk: string) =>
  JSON.stringify(chunk).replace(/[^ -~]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

const layouts: ((chunk: string) => string)[] = [
  chunk => `${JSON.stringify({ chunk })}\n`,
  chunk => `{"chunk": ${escaped(chunk)}}\n`,
  chunk => `{"chunk":${escaped(chunk)}}\r\n`,
  chunk => `\ufeff { "chunk" : ${JSON.stringify(chunk)} } \n`,
  chunk => `\n{"logprob":-0.10,"chunk":${JSON.stringify(chunk)},"n":12345678901234567890}\n`,
]

/** Cut anywhere in UTF-16, as the old source's JSON can be: `binary` units hold lone halves too. */
const chunks = fc.array(
  fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('\ud83d', '\ude00', '', '"\\')),
  {
    maxLength: 12,
  },
)
const text = fc.record({
  chunks,
  etag: fc.option(fc.constant('"1"'), { nil: undefined }),
  lineOf: fc.constantFrom(...layouts),
  cuts: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }),
}) as fc.Arbitrary<ScriptedText>
const texts = fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), text, { maxKeys: 4, noNullPrototype: true })

const originals = (of: Record<string, ScriptedText>) =>
  Object.fromEntries(Object.entries(of).map(([file, { chunks }]) => [file, chunks.join('').toWellFormed()]))

test('captures any texts in any chunks, blocks and layouts, and ends agree', async () => {
  await fc.assert(
    fc.asyncProperty(texts, async of => {
      const topic = memoryTopic()
      await run(of, topic)
      assert.deepEqual(await textsIn(topic), originals(of))
    }),
    runs(150),
  )
})

test('goes on after a crash at any record, and adds nothing to what is complete', async () => {
  await fc.assert(
    fc.asyncProperty(texts, fc.nat(), async (of, nat) => {
      const whole = memoryTopic()
      await run(of, whole)
      const lines = await linesOf(whole)
      const topic = await topicOf(lines.slice(0, nat % (lines.length + 1)))
      await run(of, topic)
      assert.deepEqual(await textsIn(topic), originals(of))
      assert.equal((await linesOf(topic)).length, lines.length)
      await run(of, topic)
      assert.equal((await linesOf(topic)).length, lines.length)
    }),
    runs(150),
  )
})

test('goes on after a cut or a refusal at any block', async () => {
  const code = fc.constantFrom<`source/${string}`>('source/cut', 'source/unreachable')
  await fc.assert(
    fc.asyncProperty(text, fc.nat(20), fc.integer({ min: 1, max: 3 }), code, async (one, after, times, code) => {
      const topic = memoryTopic()
      const deliveries = await run({ a: { ...one, faults: { after, times, code } } }, topic)
      assert.deepEqual(states(deliveries), ['captured'])
      assert.deepEqual(await textsIn(topic), originals({ a: one }))
    }),
    runs(100),
  )
})

test('gives a text up that keeps failing, and captures the others', async () => {
  const topic = memoryTopic()
  const of = {
    a: { chunks: ['x', 'y'], cuts: [14], faults: { after: 1, times: 1000, code: 'source/cut' as const } },
    b: { chunks: ['ok'] },
  }
  const [a, b] = await run(of, topic)
  assert.deepEqual([a.state, a.code, b.state], ['failed', 'source/cut', 'captured'])
  const away = { a: { ...of.a, faults: { after: 1, times: 0, code: 'source/cut' as const } }, b: of.b }
  assert.deepEqual(states(await run(away, topic)), ['continued', 'already captured'])
  assert.deepEqual(await textsIn(topic), { a: 'xy', b: 'ok' })
})

test('names the line that is no chunk, keeps what came before, and goes on with the others', async () => {
  const cases: [line: string, why: RegExp][] = [
    ['{"chunk":1}', /line 2 is no chunk: "chunk" is not a string: "\{\\"chunk\\":1\}"/],
    ['{"chunk":"a\tb"}', /not JSON/],
    ['{"text":"a"}', /no "chunk"/],
    ['{"chunk":"a","chunk":"b"}', /repeats the key "chunk"/],
    ['[]', /not a JSON object/],
    ['{"chunk":"half', /not JSON/],
  ]
  for (const [line, why] of cases) {
    const topic = memoryTopic()
    const bad = {
      chunks: ['good', 'bad', 'never'],
      lineOf: (chunk: string) => (chunk === 'bad' ? `${line}\n` : layouts[0](chunk)),
    }
    const [a, b] = await run({ a: bad, b: { chunks: ['fine'] } }, topic)
    assert.equal(b.state, 'captured')
    assert.match(a.why ?? '', why)
    assert.deepEqual(
      (await answersIn(topic)).map(({ text, reason }) => [text, reason]),
      [
        ['good', undefined],
        ['fine', 'stop'],
      ],
    )
  }
})

test('refuses a line that is not UTF-8, wherever blocks are cut', async () => {
  for (const cuts of [[], [1], [7]]) {
    const topic = memoryTopic()
    const line = (chunk: string) => Buffer.from(`{"chunk":"${chunk}"}\n`, 'latin1')
    const [a] = await run({ a: { chunks: ['good', 'b\xe4d', 'never'], lineOf: line, cuts } }, topic)
    assert.deepEqual([a.state, a.code], ['failed', 'produce/not-utf8'])
    assert.match(a.why ?? '', /line 2 is not UTF-8/)
    assert.deepEqual(
      (await answersIn(topic)).map(({ text }) => text),
      ['good'],
    )
  }
})

test('keeps members of a chunk that it does not know, byte for byte', async () => {
  const topic = memoryTopic()
  const line = '{"chunk":"a","n":1.0e400,"agent_id":"not mine","π":[1, 2]}\n'
  await run({ a: { chunks: ['x'], lineOf: () => line } }, topic)
  const [first] = await linesOf(topic)
  assert.match(first, /^\{"chunk":"a","agent_id":"Agent_.*,"n":1\.0e400,"π":\[1, 2\]\}$/)
})

test('replaces an answer whose text changed while it was open', async () => {
  for (const etags of [
    ['"1"', '"2"'],
    [undefined, undefined],
    [undefined, '"2"'],
    ['"1"', undefined],
  ]) {
    const whole = memoryTopic()
    const [before, after] = etags.map(etag => (etag === undefined ? {} : { etag }))
    await run({ a: { ...before, chunks: ['one ', 'two ', 'three'] } }, whole)
    const topic = await topicOf((await linesOf(whole)).slice(0, 2))
    const deliveries = await run({ a: { ...after, chunks: ['one ', 'other'] } }, topic)
    assert.deepEqual(states(deliveries), ['recaptured'])
    const [old, now] = await answersIn(topic)
    assert.deepEqual([old.text, old.reason, now.text, now.reason], ['one two ', 'error', 'one other', 'stop'])
    assert.deepEqual([now.supersedes, now.uri, now.agent], [old.id, old.uri, old.agent])
    assert.deepEqual(states(await run({ a: { ...after, chunks: ['one ', 'other'] } }, topic)), ['already captured'])
  }
})

test('replaces a complete answer once its text is another one', async () => {
  const topic = memoryTopic()
  await run({ a: { etag: '"1"', chunks: ['old'] } }, topic)
  assert.deepEqual(states(await run({ a: { etag: '"2"', chunks: ['new'] } }, topic)), ['recaptured'])
  assert.deepEqual(await textsIn(topic), { a: 'new' })
  const [old, now] = await answersIn(topic)
  assert.deepEqual([old.reason, now.uri], ['stop', old.uri])
})

test('replaces an answer with a gap, and one that ended with an error', async () => {
  const whole = memoryTopic()
  const of = { a: { etag: '"1"', chunks: ['1', '2', '3', '4'] } }
  await run(of, whole)
  const lines = await linesOf(whole)
  for (const damaged of [
    lines.slice(0, 4).toSpliced(1, 1),
    lines.slice(0, 4).toSpliced(2, 1, lines[2].replace('"3"', '"\\3"')),
  ]) {
    const topic = await topicOf(damaged)
    assert.deepEqual(states(await run(of, topic)), ['recaptured'])
    const [old, now] = await answersIn(await topicOf((await linesOf(topic)).filter(line => !line.includes('\\3'))))
    assert.deepEqual([old.reason, now.supersedes, now.text], ['error', old.id, '1234'])
    const error = (await linesOf(topic)).slice(0, -5)
    const crashed = await topicOf(error)
    assert.match(error.at(-1)!, /"end":\{"reason":"error"/)
    assert.deepEqual(states(await run(of, crashed)), ['recaptured'])
    assert.equal((await linesOf(crashed)).length, error.length + 5)
  }
})

test('captures into new documents when asked to do it again', async () => {
  const topic = memoryTopic()
  const of = { a: { chunks: ['x'] }, b: { chunks: [] } }
  await run(of, topic)
  assert.deepEqual(states(await run(of, topic, { again: true })), ['captured', 'captured'])
  const answers = await answersIn(topic)
  assert.equal(new Set(answers.map(({ uri }) => uri)).size, 4)
  assert.deepEqual(states(await run(of, topic)), ['already captured', 'already captured'])
})

test('does not take another source’s answers for its own', async () => {
  const topic = memoryTopic()
  await run({ a: { chunks: ['x'] } }, topic)
  const [delivery] = await produce(scriptedSource({ a: { chunks: ['y'] } }, 'http://other'), topic)
  assert.equal(delivery.state, 'captured')
})

test('gives 5,000 texts distinct documents, the same ones for the same seed', async () => {
  const of = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`text ${i}`, { chunks: ['x'] }]))
  const [one, other] = [memoryTopic(), memoryTopic()]
  const first = await run(of, one, { seed: '7' })
  assert.equal(new Set(first.map(({ destination_uri }) => destination_uri)).size, 5000)
  for (const { destination_uri, agent_id } of first) {
    assert.match(destination_uri, /^\/[a-z0-9_-][a-z0-9_.-]*\.md$/)
    assert.match(agent_id, /^Agent_[A-Z][a-z]+$/)
  }
  const second = await run(of, other, { seed: '7', streams: 3 })
  assert.deepEqual(
    second.map(({ destination_uri }) => destination_uri),
    first.map(({ destination_uri }) => destination_uri),
  )
})

test('never draws the name of a document that is in the topic, whoever wrote it', async () => {
  const seed = 'taken'
  const drawn = (await run({ a: { chunks: [] } }, memoryTopic(), { seed }))[0].destination_uri
  for (const line of [
    `{"destination_uri":"${drawn}"}`,
    `{"chunk": "", "agent_id": "A", "destination_uri": "${drawn}", "event_time": "2024-01-01T00:00:00"}`,
    `{"chunk":"","agent_id":"A","destination_uri":"${drawn}","event_time":"","response_id":"r","seq":7}`,
  ]) {
    const [delivery] = await run({ a: { chunks: [] } }, await topicOf([line]), { seed })
    assert.notEqual(delivery.destination_uri, drawn, line)
  }
})

test('drains when told to: what was read is there, and the next run goes on', async () => {
  const topic = memoryTopic()
  const stop = new AbortController()
  const of = { a: { etag: '"1"', chunks: Array.from({ length: 100 }, String), cuts: [15] }, b: { chunks: ['x'] } }
  const progress = {
    texts: 0,
    textsDone: 0,
    bytes: 0,
    get chunks() {
      return 0
    },
    set chunks(n: number) {
      if (n > 0) stop.abort()
    },
  }
  assert.deepEqual(states(await run(of, topic, { signal: stop.signal, progress, streams: 1 })), [
    'interrupted',
    'interrupted',
  ])
  const [{ numbers, reason }] = await answersIn(topic)
  assert.deepEqual([numbers, reason], [[0], undefined])
  assert.deepEqual(states(await run(of, topic)), ['continued', 'captured'])
  assert.deepEqual(await textsIn(topic), originals(of))
})

/** A memory topic that refuses the appends from a certain one on. */
const failingTopic = (appends: number): Topic => {
  const topic = memoryTopic()
  const writer: Topic['writer'] = async () => {
    const inner = await topic.writer()
    const append = async (uri: string, lines: Uint8Array) => {
      if (appends-- <= 0) throw new StreamError('topic/append', 'the disk is full')
      await inner.append(uri, lines)
    }
    return { append, ready: () => inner.ready(), [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose]() }
  }
  return { name: 'failing', end: () => topic.end(), read: (from, options) => topic.read(from, options), writer }
}

test('stops everything when the topic fails, and gives the right to write back', async () => {
  for (const appends of [0, 1, 5]) {
    const topic = failingTopic(appends)
    const of = {
      a: { chunks: ['x', 'y', 'z'], cuts: [14] },
      b: { chunks: ['x', 'y'], cuts: [14] },
      c: { chunks: ['x'] },
    }
    await assert.rejects(run(of, topic), { code: 'topic/append', message: 'the disk is full' })
    await using _ = await topic.writer()
  }
})

/** Its streams give one chunk, and then nothing until they are told to end. */
const silentSource = (): Source => {
  const silent = async function* (signal: AbortSignal) {
    yield Buffer.from('{"chunk":"x"}\n')
    await once(signal, 'abort')
    signal.throwIfAborted()
  }
  const open: Source['open'] = async (_, options) => ({
    etag: '"1"',
    chunkSize: 1,
    from: 0,
    blocks: silent(options!.signal!),
  })
  return { url: 'http://silent', list: async () => ['a', 'b', 'c'], open }
}

test('does not wait for silent streams when the topic fails, or when it is told to end', async () => {
  await assert.rejects(produce(silentSource(), failingTopic(2)), { code: 'topic/append' })
  const deliveries = await produce(silentSource(), memoryTopic(), { signal: AbortSignal.timeout(50) })
  assert.deepEqual(
    deliveries.map(({ state, chunks }) => [state, chunks]),
    Array(3).fill(['interrupted', 1]),
  )
})

test('refuses to write where another one does', async () => {
  const topic = memoryTopic()
  await using _ = await topic.writer()
  await assert.rejects(run({}, topic), { code: 'topic/locked' })
})

test('refuses a chunk that is too long for a record, with bounded memory', async () => {
  const long = 'x'.repeat(16 * 1024 * 1024 - 100)
  for (const chunk of [long, `${long}${'x'.repeat(200)}`]) {
    const topic = memoryTopic()
    const [a, b] = await run({ a: { chunks: ['ok', chunk], cuts: [64 * 1024] }, b: { chunks: ['fine'] } }, topic)
    assert.deepEqual([a.state, a.code, b.state], ['failed', 'produce/line-too-long', 'captured'])
    assert.equal((await linesOf(topic)).length, 3)
  }
})
