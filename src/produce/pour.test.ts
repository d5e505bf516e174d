import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryTopic } from '../topic/memory.ts'
import { answersIn, linesOf } from './captured.ts'
import { type PourOptions, pour, type SetAside } from './pour.ts'

async function* cut(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let turn = 0
  for (let at = 0; at < bytes.length; ) {
    const to = at + (cuts[turn++ % cuts.length] ?? bytes.length)
    yield bytes.subarray(at, to)
    at = to
  }
}

const poured = async (input: Buffer | string, options: Partial<PourOptions> = {}, cuts: readonly number[] = []) => {
  const topic = memoryTopic()
  const malformed: string[] = []
  const faults: number[] = []
  const setAside = ({ line, offset, reason, bytes }: SetAside) =>
    malformed.push(`${line} ${offset} ${reason}: ${bytes}`)
  const result = await pour(cut(Buffer.from(input), cuts), topic, {
    setAside,
    onFault: offset => faults.push(offset),
    ...options,
  })
  return { topic, result, malformed, faults, lines: await linesOf(topic) }
}

const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 })

test('keeps any text that is read in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), cuts, async (text, cuts) => {
      const { topic, faults } = await poured(text, { format: 'text', uri: '/a.md', agent: 'Agent_Ada' }, cuts)
      const [answer] = await answersIn(topic)
      assert.deepEqual([answer.text, answer.reason, answer.uri, answer.agent], [text, 'stop', '/a.md', 'Agent_Ada'])
      assert.deepEqual(faults, [])
    }),
  )
})

test('says where a text is not UTF-8, and keeps the rest of it', async () => {
  const cases: [bytes: string, cuts: number[], text: string, faults: number[]][] = [
    ['61ff62', [], 'a\ufffdb', [1]],
    ['61c3', [], 'a\ufffd', [1]],
    ['e282', [1], '\ufffd', [0]],
    ['c3a9ff61e282ac', [1], 'é\ufffda€', [2]],
    ['f0808080', [], '\ufffd\ufffd\ufffd\ufffd', [0]],
  ]
  for (const [bytes, cuts, text, expected] of cases) {
    const { topic, faults } = await poured(Buffer.from(bytes, 'hex'), { format: 'text' }, cuts)
    assert.deepEqual([(await answersIn(topic))[0].text, faults], [text, expected], bytes)
  }
})

test('tells NDJSON from text by the first line', async () => {
  const cases: [input: string, format: string][] = [
    ['', 'text'],
    ['hello\n{"chunk":"a"}', 'text'],
    ['{\n"chunk": 1', 'text'],
    ['{"a":1}\n', 'text'],
    ['["chunk"]\n', 'text'],
    ['{"chunk":"a"', 'text'],
    ['{"chunk":"a"}', 'ndjson'],
    ['\ufeff\n {"destination_uri":"/a"}\r\nrest', 'ndjson'],
  ]
  for (const [input, format] of cases) {
    for (const cuts of [[], [1]]) assert.equal((await poured(input, {}, cuts)).result.format, format, input)
  }
})

test('passes on what a record holds, byte for byte, and adds what it lacks', async () => {
  const clock = () => Date.UTC(2026, 0, 2) * 1000
  const time = '2026-01-02T00:00:00.000000Z'
  const whole =
    '{ "x":1e400 ,"chunk":"a","agent_id":"A","destination_uri":"/u","event_time":"2024-01-01","response_id":"r","seq":12345}'
  const cases: [line: string, stored: RegExp | string][] = [
    [whole, whole],
    [`\ufeff${whole}\r`, whole],
    [
      '{"destination_uri":"/u","big":12345678901234567890 }',
      new RegExp(
        `^\\{"destination_uri":"/u","big":12345678901234567890,"agent_id":"Agent_Ada","event_time":"${time}","response_id":"[0-9a-f-]+","seq":0\\}$`,
      ),
    ],
    [
      '{"chunk":"\\ud83d","timestamp":"2024"}',
      /^\{"chunk":"\\ud83d","timestamp":"2024","destination_uri":"\/notes.md","agent_id":"Agent_Ada","response_id":"[0-9a-f-]+","seq":0\}$/,
    ],
    [
      '{"destination_uri":"/u","agent_id":"A","seq":7,"event_time":"2024-01-01"}',
      /^\{"destination_uri":"\/u","agent_id":"A","seq":7,"event_time":"2024-01-01","response_id":"[0-9a-f-]+"\}$/,
    ],
    [
      '{"destination_uri":"/u","agent_id":"A","response_id":"r"}',
      `{"destination_uri":"/u","agent_id":"A","response_id":"r","event_time":"${time}"}`,
    ],
  ]
  for (const [line, stored] of cases) {
    const { lines } = await poured(`${line}\n`, { format: 'ndjson', agent: 'Agent_Ada', uri: '/notes.md', clock })
    if (typeof stored === 'string') assert.equal(lines[0], stored)
    else assert.match(lines[0], stored)
  }
})

test('numbers one answer for each agent and document, and closes it', async () => {
  const input = ['/a A 1', '/b A x', '/a B -', '/a A 2', '/b A y', '/a A 3'].map(spec => {
    const [destination_uri, agent_id, chunk] = spec.split(' ')
    return `${JSON.stringify({ destination_uri, agent_id, chunk })}\n`
  })
  await fc.assert(
    fc.asyncProperty(cuts, async cuts => {
      const { topic, result } = await poured(input.join(''), {}, cuts)
      const answers = await answersIn(topic)
      assert.deepEqual(
        answers.map(({ uri, agent, text, reason }) => [uri, agent, text, reason]),
        [
          ['/a', 'A', '123', 'stop'],
          ['/b', 'A', 'xy', 'stop'],
          ['/a', 'B', '-', 'stop'],
        ],
      )
      assert.equal(result.chunks, 6)
    }),
    { numRuns: 20 },
  )
})

test('begins another answer behind a closing record', async () => {
  const end = { reason: 'length', chunks: 1, bytes: 1, sha256: 'ab'.repeat(32) }
  const records = [{ chunk: '1' }, { end }, { chunk: '2' }]
  const input = records.map(record => `${JSON.stringify({ destination_uri: '/a', ...record })}\n`).join('')
  const { lines } = await poured(input)
  const places = lines.map(line => JSON.parse(line)).map(({ response_id, seq, end }) => [response_id, seq, end?.reason])
  assert.deepEqual(
    places.map(([, seq, reason]) => [seq, reason]),
    [
      [0, undefined],
      [1, 'length'],
      [0, undefined],
      [1, 'stop'],
    ],
  )
  assert.deepEqual([places[0][0] === places[1][0], places[1][0] === places[2][0]], [true, false])
})

test('keeps answers of one document in the order in which they began, though the clock goes back', async () => {
  const agents = ['Agent_Ada', 'Agent_Bob', 'Agent_Cleo', 'Agent_Dan']
  const input = agents.map(agent_id => `${JSON.stringify({ chunk: agent_id, agent_id, destination_uri: '/a.md' })}\n`)
  for (const stepMicros of [-1000, 0]) {
    let micros = Date.UTC(2026, 0, 2) * 1000
    const clock = () => (micros += stepMicros)
    const { topic, lines } = await poured(input.join(''), { format: 'ndjson', clock })
    const timeOf = new Map(lines.map(line => [JSON.parse(line).response_id, JSON.parse(line).event_time]))
    const began = (await answersIn(topic)).sort((a, b) => (timeOf.get(a.id) + a.id < timeOf.get(b.id) + b.id ? -1 : 1))
    assert.deepEqual(
      began.map(({ agent }) => agent),
      agents,
    )
  }
})

test('sets malformed lines aside, with their number, offset and reason', async () => {
  const lines = [
    '{"destination_uri":"/a"}',
    'rubbish',
    '',
    '{"destination_uri":""}',
    '[1]',
    '{"destination_uri":"/a","seq":-1}',
  ]
  const { malformed, result } = await poured(lines.join('\n'), {}, [5])
  assert.deepEqual(malformed, [
    '2 25 not JSON: rubbish',
    '4 34 "destination_uri" is empty: {"destination_uri":""}',
    '5 57 not a JSON object: [1]',
    '6 61 "seq" is not an integer from 0 to 2^53-1: {"destination_uri":"/a","seq":-1}',
  ])
  assert.deepEqual([result.malformed, result.chunks], [4, 1])
})

test('sets a line that is too long aside, however long, and reads on', async () => {
  const long = Buffer.alloc(20 * 1024 * 1024, 'x')
  const input = Buffer.concat([
    Buffer.from('{"destination_uri":"/a"}\n'),
    long,
    Buffer.from('\n{"destination_uri":"/a"}\nx\n'),
  ])
  const offsets: number[] = []
  const setAside = ({ offset }: SetAside) => offsets.push(offset)
  const { result } = await poured(input, { setAside }, [64 * 1024])
  assert.deepEqual([result.chunks, offsets], [2, [25, 26 + long.length + 25]])
})

test('ends with reason cancel when it is told to, while nothing comes', async () => {
  const stop = new AbortController()
  const silent = async function* () {
    yield Buffer.from('so far')
    setTimeout(() => stop.abort(), 5)
    await new Promise(() => {})
  }
  const topic = memoryTopic()
  const result = await pour(silent(), topic, { signal: stop.signal, setAside: () => {}, onFault: () => {} })
  const [answer] = await answersIn(topic)
  assert.deepEqual([result.ended, answer.text, answer.reason], ['cancel', 'so far', 'cancel'])
})

test('ends with reason error if the input breaks', async () => {
  const broken = async function* () {
    yield Buffer.from('so far')
    throw new Error('EIO')
  }
  const topic = memoryTopic()
  await assert.rejects(pour(broken(), topic, { setAside: () => {}, onFault: () => {} }), { code: 'produce/input' })
  const [answer] = await answersIn(topic)
  assert.deepEqual([answer.text, answer.reason], ['so far', 'error'])
})
