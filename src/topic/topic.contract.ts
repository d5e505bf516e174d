import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { lineBytesMax } from '../chunk/chunk.ts'
import type { Batch, Position, ReadOptions, Topic } from './topic.ts'

/** An empty topic of its own for each test; `t.after` takes it away again. */
export type MakeTopic = (t: TestContext) => Promise<Topic>

/** Why a test is not run, by its name; `all` for every one. */
export interface ContractOptions {
  readonly skip?: Readonly<Record<string, string>>
}

interface Seen {
  readonly partition: string
  readonly offset: number
  readonly next: number
  readonly line: string
}

const seenIn = ({ partition, entries }: Batch): Seen[] =>
  entries.map(({ offset, next, line }) => ({ partition, offset, next, line: Buffer.from(line).toString('latin1') }))

const readAll = async (topic: Topic, from: Position = {}, options: ReadOptions = {}): Promise<Seen[]> => {
  const seen: Seen[] = []
  for await (const batch of topic.read(from, options)) seen.push(...seenIn(batch))
  return seen
}

const linesOf = (seen: readonly Seen[]) => seen.map(({ line }) => line)

/** Partitions may be read in any order: only the order within each is promised. */
const sorted = (lines: readonly string[]) => [...lines].sort()

const append = async (topic: Topic, ...lines: string[]) => {
  await using writer = await topic.writer()
  await Promise.all(lines.map(line => writer.append('/a.md', Buffer.from(`${line}\n`, 'latin1'))))
}

/** Follows until `count` records were seen. */
const followFor = async (topic: Topic, count: number, from: Position = {}): Promise<Seen[]> => {
  const abort = new AbortController()
  const seen: Seen[] = []
  for await (const batch of topic.read(from, { follow: true, signal: abort.signal })) {
    seen.push(...seenIn(batch))
    if (seen.length >= count) abort.abort()
  }
  return seen
}

const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code

/** Everything that the port promises, on any adapter. Records are of one document, so that they share a partition, unless a test says otherwise. */
export const topicContract = (name: string, makeTopic: MakeTopic, { skip = {} }: ContractOptions = {}): void => {
  const promises = (promise: string, body: (topic: Topic, t: TestContext) => Promise<void>) =>
    test(promise, { skip: skip.all ?? skip[promise] ?? false }, async t => body(await makeTopic(t), t))

  describe(`${name} keeps what a topic promises`, () => {
    promises('a new topic is empty once it has a writer', async topic => {
      await append(topic)
      assert.deepEqual(await readAll(topic), [])
      assert.ok(Object.values(await topic.end()).every(offset => offset === 0))
    })

    promises('what was appended is read back in order, byte for byte', async topic => {
      const lines = [
        '{"chunk":"a"}',
        '',
        ' no JSON at all',
        '{"chunk":"\\u0000"}',
        '\x00\xff\xfe\r',
        'a'.repeat(100_000),
      ]
      await append(topic, ...lines)
      assert.deepEqual(linesOf(await readAll(topic)), lines)
    })

    promises('many lines in one append are as many records', async topic => {
      await append(topic, 'one\ntwo\nthree')
      assert.deepEqual(linesOf(await readAll(topic)), ['one', 'two', 'three'])
    })

    promises('the buffer of an append may be used again at once', async topic => {
      await using writer = await topic.writer()
      const buffer = Buffer.from('first\n')
      const first = writer.append('/a.md', buffer)
      buffer.write('other')
      await Promise.all([first, writer.append('/a.md', buffer)])
      assert.deepEqual(linesOf(await readAll(topic)), ['first', 'other'])
    })

    promises('an acknowledged record can be read at once', async topic => {
      await using writer = await topic.writer()
      for (const line of ['one', 'two', 'three']) {
        await writer.append('/a.md', Buffer.from(`${line}\n`))
        assert.equal((await readAll(topic)).at(-1)?.line, line)
      }
    })

    promises('appends resolve in the order of the calls', async topic => {
      await using writer = await topic.writer()
      const order: number[] = []
      const appends = Array.from({ length: 200 }, (_, i) =>
        writer.append(`/${i % 7}.md`, Buffer.from(`${i}\n`)).then(() => order.push(i)),
      )
      await Promise.all(appends)
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
      )
    })

    promises('records of many documents are all there', async topic => {
      await using writer = await topic.writer()
      const lines = Array.from({ length: 500 }, (_, i) => `record ${i}`)
      for (const [i, line] of lines.entries()) {
        await writer.ready()
        void writer.append(`/${i % 50}.md`, Buffer.from(`${line}\n`))
      }
      await writer[Symbol.asyncDispose]()
      assert.deepEqual(sorted(linesOf(await readAll(topic))), sorted(lines))
    })

    promises('offsets rise, and each entry says where to go on', async topic => {
      await append(topic, 'one', 'two', 'three', 'four')
      const all = await readAll(topic)
      const [{ partition }] = all
      for (const [i, { next }] of all.entries()) {
        assert.deepEqual(await readAll(topic, { [partition]: next }), all.slice(i + 1))
        assert.ok(i === 0 || all[i - 1].next <= all[i].offset)
      }
      assert.equal((await topic.end())[partition], all.at(-1)!.next)
    })

    promises('reading ends at "until", and at the end as it was when it started', async topic => {
      await append(topic, 'one', 'two', 'three')
      const [one, two] = await readAll(topic)
      assert.deepEqual(linesOf(await readAll(topic, {}, { until: { [one.partition]: two.next } })), ['one', 'two'])
      assert.deepEqual(await readAll(topic, {}, { until: {} }), [])

      await using writer = await topic.writer()
      const seen: Seen[] = []
      for await (const batch of topic.read({})) {
        seen.push(...seenIn(batch))
        await writer.append('/a.md', Buffer.from('late\n'))
      }
      assert.deepEqual(linesOf(seen), ['one', 'two', 'three'])
    })

    promises('a reader follows what is appended, and misses nothing', async topic => {
      await append(topic, '0')
      const following = followFor(topic, 200)
      await using writer = await topic.writer()
      for (let i = 1; i < 200; i++) await writer.append('/a.md', Buffer.from(`${i}\n`))
      assert.deepEqual(
        linesOf(await following),
        Array.from({ length: 200 }, (_, i) => String(i)),
      )
    })

    promises('many readers follow at once, each from where it likes', async topic => {
      await append(topic, ...Array.from({ length: 20 }, (_, i) => String(i)))
      const all = await readAll(topic)
      const partition = all[0].partition
      const readers = all.map(({ offset }, i) => followFor(topic, 40 - i, { [partition]: offset }))
      await append(topic, ...Array.from({ length: 20 }, (_, i) => String(20 + i)))
      const expected = Array.from({ length: 40 }, (_, i) => String(i))
      for (const [i, seen] of (await Promise.all(readers)).entries()) assert.deepEqual(linesOf(seen), expected.slice(i))
    })

    promises('aborting ends a following reader at once, without an error', async topic => {
      await append(topic, 'one')
      const delays: number[] = []
      for (let attempt = 0; attempt < 4; attempt++) {
        const abort = new AbortController()
        const first = Promise.withResolvers<void>()
        const seen: Seen[] = []
        const reading = (async () => {
          for await (const batch of topic.read({}, { follow: true, signal: abort.signal })) {
            seen.push(...seenIn(batch))
            first.resolve()
          }
        })()
        await Promise.race([first.promise, reading])
        await new Promise(resolve => setTimeout(resolve, 30))
        const before = performance.now()
        abort.abort()
        await reading
        delays.push(performance.now() - before)
        assert.deepEqual(linesOf(seen), ['one'])
      }
      assert.ok(Math.min(...delays) < 10)
    })

    promises('a reader that was aborted before it began reads nothing', async topic => {
      await append(topic, 'one')
      for (const follow of [true, false]) {
        assert.deepEqual(await readAll(topic, {}, { follow, signal: AbortSignal.abort() }), [])
      }
    })

    promises('a reader may leave in the middle', async topic => {
      await append(topic, 'one', 'two')
      for (const follow of [true, false]) for await (const _ of topic.read({}, { follow })) break
      assert.equal((await readAll(topic)).length, 2)
    })

    promises('an offset inside a record is refused', async topic => {
      await append(topic, 'one', 'two')
      const [{ partition, offset }] = await readAll(topic)
      await assert.rejects(readAll(topic, { [partition]: offset + 2 }), failsWith('topic/offset'))
    })

    promises('an offset behind the end is refused', async topic => {
      await append(topic, 'one')
      const [{ partition, next }] = await readAll(topic)
      for (const options of [{ follow: true }, {}, { until: { [partition]: next + 100 } }]) {
        await assert.rejects(readAll(topic, { [partition]: next + 10 }, options), failsWith('topic/offset'))
      }
    })

    promises('a second writer is refused at once, until the first one is closed', async topic => {
      const first = await topic.writer()
      await assert.rejects(topic.writer(), error => {
        const { code, message } = error as { code: string; message: string }
        return code === 'topic/locked' && message.includes(`pid ${process.pid}`)
      })
      await first.append('/a.md', Buffer.from('one\n'))
      await first[Symbol.asyncDispose]()
      await append(topic, 'two')
      assert.deepEqual(linesOf(await readAll(topic)), ['one', 'two'])
    })

    promises('a writer that is closed twice takes nothing from its successor', async topic => {
      const first = await topic.writer()
      await first[Symbol.asyncDispose]()
      await using second = await topic.writer()
      await first[Symbol.asyncDispose]()
      await assert.rejects(topic.writer(), failsWith('topic/locked'))
      await second.append('/a.md', Buffer.from('one\n'))
    })

    promises('closing waits for all that was appended', async topic => {
      const writer = await topic.writer()
      const appends = Array.from({ length: 100 }, (_, i) => writer.append('/a.md', Buffer.from(`${i}\n`)))
      await writer[Symbol.asyncDispose]()
      assert.equal((await readAll(topic)).length, 100)
      await Promise.all(appends)
    })

    promises('a closed writer refuses to append', async topic => {
      const writer = await topic.writer()
      await writer[Symbol.asyncDispose]()
      await writer.ready()
      await assert.rejects(writer.append('/a.md', Buffer.from('one\n')), failsWith('topic/append'))
      assert.deepEqual(await readAll(topic), [])
    })

    promises('lines without an end, or longer than allowed, are refused, and the writer goes on', async topic => {
      await using writer = await topic.writer()
      const long = Buffer.alloc(lineBytesMax + 2, 'a')
      long[long.length - 1] = 0x0a
      await assert.rejects(writer.append('/a.md', Buffer.from('one\ntwo')), failsWith('topic/line'))
      await assert.rejects(writer.append('/a.md', long), failsWith('topic/line'))
      await writer.append('/a.md', long.subarray(1))
      await writer.append('/a.md', Buffer.from('last\n'))
      assert.deepEqual(
        (await readAll(topic)).map(({ line }) => line.length),
        [lineBytesMax, 4],
      )
    })

    promises('an empty append appends nothing', async topic => {
      await using writer = await topic.writer()
      await writer.append('/a.md', new Uint8Array(0))
      assert.deepEqual(await readAll(topic), [])
    })
  })
}
