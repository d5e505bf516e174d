import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import {
  answer,
  bareEnding,
  cluster,
  commitOf,
  commitTo,
  failsWith,
  keyOf,
  naughty,
  opening,
  type Promises,
  select,
  textsOf,
} from './given.ts'
import { lookupContract } from './lookup.contract.ts'
import { Rows } from './rows.ts'
import { type GivenRow, putRow } from './testing.ts'
import type { Warehouse } from './warehouse.ts'

/** An empty warehouse of its own for each test; `t.after` takes it away again. */
export type MakeWarehouse = (t: TestContext) => Promise<Warehouse>

/** Why a test is not run, by its name; `all` for every one. */
export interface ContractOptions {
  readonly skip?: Readonly<Record<string, string>>
}

/** Everything that the port promises, on any adapter. */
export const warehouseContract = (name: string, make: MakeWarehouse, { skip = {} }: ContractOptions = {}): void => {
  const promises: Promises = (promise, body) =>
    test(promise, { skip: skip.all ?? skip[promise] ?? false }, async t => body(await make(t), t))

  describe(`${name} keeps what a warehouse promises`, () => {
    lookupContract(promises)

    promises('nothing is committed before the first commit', async warehouse => {
      assert.equal(await warehouse.committed(), undefined)
      await using writer = await warehouse.writer()
      assert.equal(writer.position, undefined)
      assert.equal(await warehouse.committed(), undefined)
      assert.deepEqual(await select(warehouse, 'select count(*) from chunks_clustered'), [[0]])
    })

    promises('a row has its columns as they were committed', async warehouse => {
      const voice = { agent_id: 'Agent_Ada', destination_uri: '/ä/"b"', response_id: "r'1" }
      const all = { seq: 2 ** 53 - 1, cluster: 4, model: 2, end_reason: 'stop', extra: '{"a":1e400}' }
      const micros = 1_764_000_000_123_456
      await commitTo(
        warehouse,
        commitOf([
          { chunk: 'x', offset: 0, micros, ...voice, ...all },
          { chunk: '', offset: 1 },
        ]),
      )
      const names = 'agent_id, destination_uri, epoch_us(event_time), chunk, cluster, response_id, seq, end_reason'
      assert.deepEqual(await select(warehouse, `select ${names}, model, extra from chunks_clustered order by chunk`), [
        [null, '/a.md', null, '', null, null, null, null, null, null],
        ['Agent_Ada', '/ä/"b"', micros, 'x', 4, "r'1", 2 ** 53 - 1, 'stop', 2, '{"a":1e400}'],
      ])
    })

    promises('chunks_clustered begins with its ten columns, in their order', async warehouse => {
      await commitTo(warehouse, commitOf(answer(1)))
      await using result = await warehouse.query('select * from chunks_clustered')
      assert.equal(
        result.columns
          .slice(0, 10)
          .map(column => column.name)
          .join(' '),
        'agent_id destination_uri event_time chunk cluster response_id seq end_reason model extra',
      )
    })

    for (const rolled of [false, true]) {
      promises(`texts come back byte for byte, ${rolled ? 'rolled' : 'fresh'}`, async warehouse => {
        await using writer = await warehouse.writer()
        await writer.commit(commitOf(naughty.map((chunk, seq) => ({ chunk, offset: seq, seq, response_id: 'r' }))))
        await writer.roll({ all: rolled })
        assert.deepEqual(await textsOf(writer, ...naughty.map((_, seq) => keyOf(seq))), naughty)
        const hex = await select(warehouse, 'select hex(encode(chunk)) from chunks_clustered order by seq')
        assert.deepEqual(
          hex.map(([text]) => Buffer.from(text as string, 'hex').toString()),
          naughty,
        )
      })
    }

    promises('names come back as they were, whatever they are', async warehouse => {
      const names = naughty.filter(text => text.length < 1000)
      const rows = names.map((text, offset): GivenRow => {
        return {
          chunk: '',
          offset,
          seq: offset,
          agent_id: text,
          destination_uri: `/${text}`,
          response_id: text,
          extra: text,
        }
      })
      await using writer = await warehouse.writer()
      await writer.commit(commitOf(rows.map((row, at) => ({ ...row, partition: names[at] }))))
      await writer.roll({ all: true })
      const sql = ['agent_id', 'destination_uri', 'response_id', 'extra'].map(column => `hex(encode(${column}))`).join()
      assert.deepEqual(
        (await select(warehouse, `select ${sql} from chunks_clustered order by seq`)).map(row =>
          row.map(text => Buffer.from(text as string, 'hex').toString()),
        ),
        names.map(text => [text, `/${text}`, text, text]),
      )
    })

    promises(
      'the position is that of the last commit, for the writer, for others, and for the next writer',
      async warehouse => {
        await using writer = await warehouse.writer()
        const position = { log: 2 ** 52, '__proto__ ': 1, "o'x": 0 }
        await writer.commit(commitOf([], { position: { log: 1 } }))
        await writer.commit(commitOf([], { position }))
        assert.deepEqual([writer.position, await warehouse.committed()], [position, position])
        await writer[Symbol.asyncDispose]()
        await using next = await warehouse.writer()
        assert.deepEqual(next.position, position)
      },
    )

    promises('state is recalled as it was last committed, also by the next writer', async warehouse => {
      const bytes = (...list: number[]) => Uint8Array.from(list)
      const state = new Map([
        ['a', bytes(1)],
        ['a\0', bytes(0, 255)],
        ['b', bytes()],
      ])
      await commitTo(
        warehouse,
        commitOf([], { state }),
        commitOf([], {
          state: new Map([
            ['a', bytes(2)],
            ['c', bytes(3)],
          ]),
        }),
        commitOf([], {
          state: new Map([
            ['c', null],
            ['d', null],
          ]),
        }),
      )
      await using writer = await warehouse.writer()
      const recalled = ['a', 'a\0', 'b', 'c', 'd'].map(key => writer.recall(key))
      assert.deepEqual(
        recalled.map(value => value && [...value]),
        [[2], [0, 255], [], undefined, undefined],
      )
    })

    promises('what is recalled by a prefix comes in byte order of the keys', async warehouse => {
      const keys = ['x', 'ab', 'a', 'a/\uffff', 'a/\u{10000}', 'a/', 'a/b', 'A/', 'b', 'a%', 'a_']
      await using writer = await warehouse.writer()
      await writer.commit(commitOf([], { state: new Map(keys.map(key => [key, Buffer.from(key)])) }))
      const under = (prefix: string) =>
        [...writer.recallAll(prefix)].map(([key, value]) => `${key}=${Buffer.from(value)}`)
      assert.deepEqual(
        under('a/'),
        ['a/', 'a/b', 'a/\uffff', 'a/\u{10000}'].map(key => `${key}=${key}`),
      )
      assert.equal(under('').length, keys.length)
      assert.deepEqual(under('a%'), ['a%=a%'])
      assert.deepEqual(under('zz'), [])
    })

    promises('what a commit was given may be changed once it has resolved', async warehouse => {
      const rows = new Rows()
      const value = Buffer.from('before')
      await using writer = await warehouse.writer()
      for (let seq = 0; seq < 3; seq++) {
        rows.clear()
        putRow(rows, { chunk: `text number ${seq}`, offset: seq, seq, response_id: 'r' })
        await writer.commit({ position: { log: seq + 1 }, rows, state: new Map([['key', value]]) })
        rows.text.fill(0x78)
      }
      value.fill(0)
      assert.deepEqual(await textsOf(writer, keyOf(0), keyOf(2)), ['text number 0', 'text number 2'])
      assert.equal(Buffer.from(writer.recall('key')!).toString(), 'before')
    })

    promises('the other tables have what was committed', async warehouse => {
      const line = Buffer.from([0xff, 0, 0x27])
      const rejected = [{ partition: 'log', offset: 7, reason: 'not UTF-8', line }]
      await using writer = await warehouse.writer()
      await writer.commit(commitOf([], { openings: [opening], endings: [bareEnding], rejected, clusters: [cluster] }))
      for (let rolled = 0; rolled < 2; rolled++) {
        assert.deepEqual(await select(warehouse, 'select label, parents, terms, size, share, windows from clusters'), [
          [cluster.label, [1, 2], cluster.terms, 7, 0.25, 256],
        ])
        await writer.roll({ all: true })
      }
    })

    promises(
      'waiting rows get the cluster of their window, with the commit that brings the first model',
      async warehouse => {
        const rows: GivenRow[] = [
          { chunk: 'a', offset: 0, waitsFor: 0 },
          { chunk: 'b', offset: 1 },
          { chunk: 'c', offset: 2, waitsFor: 1 },
          { chunk: 'd', offset: 3, waitsFor: 0 },
        ]
        const clusters = 'select chunk, cluster, model from chunks_clustered order by chunk'
        await using writer = await warehouse.writer()
        await writer.commit(commitOf(rows.slice(0, 2)))
        await writer.commit(commitOf(rows.slice(2)))
        await writer.roll({ all: true })
        const none = rows.map(({ chunk }) => [chunk, null, null])
        assert.deepEqual(await select(warehouse, clusters), none)
        const later = [{ chunk: 'e', offset: 4, cluster: 9, model: 1 }]
        await writer.commit(commitOf(later, { fill: { model: 1, clusterOf: Int32Array.of(5, 6) } }))
        const filled = [
          ['a', 5, 1],
          ['b', null, null],
          ['c', 6, 1],
          ['d', 5, 1],
          ['e', 9, 1],
        ]
        assert.deepEqual(await select(warehouse, clusters), filled)
        await writer.roll({ all: true })
        assert.deepEqual(await select(warehouse, clusters), filled)
      },
    )

    promises('rows are there once, whether fresh or rolled', async warehouse => {
      await using writer = await warehouse.writer()
      for (let i = 0; i < 40; i++) {
        await writer.commit(commitOf([{ chunk: `${i}`, offset: i, seq: i, response_id: 'r' }]))
        if (i % 7 === 0) await writer.roll({ all: i % 2 === 0 })
      }
      const counts = 'select count(*), count(distinct seq), max(seq) from chunks_clustered'
      assert.deepEqual(await select(warehouse, counts), [[40, 40, 39]])
      await writer.roll({ all: true })
      assert.deepEqual(await select(warehouse, counts), [[40, 40, 39]])
    })

    promises('a query reads what was committed when it started', async warehouse => {
      await using writer = await warehouse.writer()
      await writer.commit(commitOf(answer(10_000)))
      await using result = await warehouse.query('select seq from chunks_clustered')
      await writer.commit(commitOf([{ chunk: 'later', offset: 20_000, seq: 20_000 }]))
      await writer.roll({ all: true })
      let count = 0
      for await (const some of result.rows) count += some.length
      assert.equal(count, 10_000)
    })

    promises('commits that are asked for at once come one after another', async warehouse => {
      await using writer = await warehouse.writer()
      const commits = Array.from({ length: 5 }, (_, i) =>
        commitOf([{ chunk: `${i}`, offset: i }], { state: new Map([['last', Uint8Array.of(i)]]) }),
      )
      await Promise.all(commits.map(commit => writer.commit(commit)))
      assert.deepEqual([writer.position, writer.recall('last')![0]], [{ log: 5 }, 4])
      assert.deepEqual(await select(warehouse, 'select count(*) from chunks_clustered'), [[5]])
    })

    promises('only one writer at a time', async warehouse => {
      const writer = await warehouse.writer()
      await assert.rejects(warehouse.writer(), failsWith('warehouse/locked'))
      await writer[Symbol.asyncDispose]()
      await writer[Symbol.asyncDispose]()
      await using _next = await warehouse.writer()
    })

    promises('a closed writer commits nothing', async warehouse => {
      const writer = await warehouse.writer()
      await writer[Symbol.asyncDispose]()
      await assert.rejects(writer.commit(commitOf(answer(1))), failsWith('warehouse/commit'))
      assert.equal(await warehouse.committed(), undefined)
    })
  })
}
