import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { client, builtSkip as skip } from '../spark.ts'

/** Faults that a real server cannot be made to show when they are wanted. */
const { complete, fakeSpark, response, sparkFault } =
  skip === false ? await import('./fake-spark.ts') : ({} as typeof import('./fake-spark.ts'))
const { openSpark, range, run, collect } = client

type Fake = Awaited<ReturnType<typeof fakeSpark>>

const limits = { outageMsMax: 600, firstContactMsMax: 600 }
const impatient = { silenceMsMax: 300 }

/** Ids of the responses that one execution hands on. */
const heard = async (fake: Fake, options = {}): Promise<string[]> => {
  await using spark = await openSpark(fake.address, { ...limits, ...options })
  const ids: string[] = []
  for await (const { responseId } of spark.execute({ case: 'root', value: range(0n, 1n) })) ids.push(responseId)
  return ids
}

/** The calls about the execution itself, without its id. */
const streams = ({ calls }: Fake) =>
  calls.filter(of => /^(?:execute|reattach)/.test(of)).map(of => of.replace(/ \S{8} /, ' '))

test('a stream that the server ends before all is said is asked for the rest', { skip }, async () => {
  await using fake = await fakeSpark([
    () => [response('a'), response('b')],
    () => [response('c')],
    () => [],
    () => [response('d'), complete],
  ])
  assert.deepEqual(await heard(fake), ['a', 'b', 'c', 'd'])
  assert.deepEqual(streams(fake), ['execute -', 'reattach b', 'reattach c', 'reattach c'])
})

test('a server that ends all streams without a word is given up', { skip }, async () => {
  await using fake = await fakeSpark(Array.from({ length: 100 }, () => () => []))
  await assert.rejects(heard(fake), { code: 'spark/lost' })
  assert.ok(streams(fake).length < 20)
})

test('a request that never arrived is made again under the same id', { skip }, async () => {
  await using fake = await fakeSpark([
    () => {
      fake.cut()
      return []
    },
    () => {
      throw sparkFault('INVALID_HANDLE.OPERATION_NOT_FOUND')
    },
    () => [response('a'), complete],
  ])
  assert.deepEqual(await heard(fake), ['a'])
  assert.deepEqual(streams(fake), ['execute -', 'reattach -', 'execute -'])
  const ids = fake.calls.filter(of => /^(?:execute|reattach)/.test(of)).map(of => of.split(' ')[1])
  assert.equal(new Set(ids).size, 1)
})

const lost = {
  'INVALID_HANDLE.OPERATION_NOT_FOUND': 'spark/lost',
  'INVALID_HANDLE.OPERATION_ABANDONED': 'spark/lost',
  'INVALID_CURSOR.POSITION_NOT_FOUND': 'spark/lost',
  'INVALID_HANDLE.SESSION_NOT_FOUND': 'spark/session-gone',
  'INVALID_HANDLE.SESSION_CHANGED': 'spark/session-gone',
}

for (const [errorClass, code] of Object.entries(lost))
  test(`a server that forgot what it was doing is never told to do it again: ${errorClass}`, { skip }, async () => {
    await using fake = await fakeSpark([
      () => [response('a')],
      () => {
        throw sparkFault(errorClass)
      },
    ])
    await assert.rejects(heard(fake), { code, errorClass })
    assert.deepEqual(streams(fake), ['execute -', 'reattach a'])
  })

test('a server that started anew before anything was heard is not told to do it either', { skip }, async () => {
  await using fake = await fakeSpark([
    () => {
      fake.cut()
      return []
    },
    () => {
      throw sparkFault('INVALID_HANDLE.SESSION_NOT_FOUND')
    },
  ])
  await assert.rejects(heard(fake), { code: 'spark/session-gone' })
  assert.deepEqual(streams(fake), ['execute -', 'reattach -'])
})

test('who took the stream away gives it back', { skip }, async () => {
  await using fake = await fakeSpark([
    async function* () {
      yield response('a')
      throw sparkFault('INVALID_CURSOR.DISCONNECTED')
    },
    () => [response('b'), complete],
  ])
  assert.deepEqual(await heard(fake), ['a', 'b'])
})

test('a gateway without a server behind it is asked again, for a while', { skip }, async () => {
  const { Code } = await import('@connectrpc/connect')
  const away = () => {
    throw sparkFault('', Code.Unavailable)
  }
  await using fake = await fakeSpark([away, away, () => [response('a'), complete]])
  assert.deepEqual(await heard(fake), ['a'])
  await using gone = await fakeSpark(Array.from({ length: 100 }, () => away))
  await assert.rejects(heard(gone), { message: /as asked for/ })
})

test('a stream that falls silent is given up, and asked for the rest over another connection', { skip }, async () => {
  let open = 0
  await using fake = await fakeSpark([
    async function* (_, { signal }) {
      yield response('a')
      await sleep(60_000, undefined, { signal })
    },
    () => {
      open = fake.connections
      return [response('b'), complete]
    },
  ])
  assert.deepEqual(await heard(fake, impatient), ['a', 'b'])
  assert.deepEqual([streams(fake), open], [['execute -', 'reattach a'], 1])
})

test('a server that is silent for long, but there, is waited for', { skip }, async () => {
  const silent = async function* (_: unknown, { signal }: { signal: AbortSignal }) {
    await sleep(60_000, undefined, { signal })
    yield complete
  }
  await using fake = await fakeSpark([silent, silent, silent, silent, () => [response('a'), complete]] as never)
  assert.deepEqual(await heard(fake, impatient), ['a'])
  assert.equal(fake.calls.filter(of => of === 'config').length, 4)
})

test('the time that the consumer takes is not silence', { skip }, async () => {
  await using fake = await fakeSpark([() => [response('a'), response('b'), complete]])
  await using spark = await openSpark(fake.address, { ...limits, ...impatient })
  const ids: string[] = []
  for await (const { responseId } of spark.execute({ case: 'root', value: range(0n, 1n) })) {
    ids.push(responseId)
    await sleep(500)
  }
  assert.deepEqual([ids, streams(fake)], [['a', 'b'], ['execute -']])
})

test('what was handed on is released, and all once it is complete', { skip }, async () => {
  await using fake = await fakeSpark([() => [response('a'), response('b'), complete]])
  await heard(fake)
  const released = fake.calls.filter(of => of.startsWith('release'))
  assert.equal(released[0], 'release a')
  assert.ok(released.includes('release releaseAll'))
  assert.ok(!fake.calls.includes('interrupt'))
})

test('who leaves early has the execution interrupted and released', { skip }, async () => {
  await using fake = await fakeSpark([() => [response('a'), response('b'), complete]])
  await using spark = await openSpark(fake.address, limits)
  for await (const _ of spark.execute({ case: 'root', value: range(0n, 1n) })) break
  assert.deepEqual(fake.calls.slice(-2), ['interrupt', 'release releaseAll'])
})

test('a session that ends leaves no connection behind', { skip }, async () => {
  await using fake = await fakeSpark([() => [complete]])
  await heard(fake)
  assert.ok(fake.calls.includes('release session'))
  while (fake.connections > 0) await sleep(20)
})

test('every request after the first says which session the server has', { skip }, async () => {
  const seen: (string | undefined)[] = []
  await using fake = await fakeSpark([
    ({ clientObservedServerSideSessionId: id }) => {
      seen.push(id)
      return [complete]
    },
  ])
  await heard(fake)
  assert.deepEqual(seen, ['side'])
})

test('a token goes along with every request, and shows in no error', { skip }, async () => {
  const { Code, ConnectError } = await import('@connectrpc/connect')
  await using fake = await fakeSpark([
    () => {
      throw new ConnectError('who are you?', Code.Unauthenticated)
    },
    () => {
      throw new ConnectError('not this table', Code.PermissionDenied)
    },
  ])
  const security = { token: 's3cret' }
  await assert.rejects(heard(fake, { security }), (error: Error & { code: string }) => {
    assert.equal(error.code, 'spark/refused')
    return !`${error.stack}${JSON.stringify(error)}`.includes('s3cret')
  })
  await assert.rejects(heard(fake, { security }), { code: 'spark/refused', message: /not this table/ })
  assert.deepEqual(
    fake.headers.map(of => of.get('authorization')),
    fake.headers.map(() => 'Bearer s3cret'),
  )
})

const batch = (startOffset: bigint, chunkIndex: bigint, numChunksInBatch: bigint) => ({
  responseId: `${startOffset}.${chunkIndex}`,
  responseType: {
    case: 'arrowBatch' as const,
    value: { data: new Uint8Array(1), rowCount: 1n, startOffset, chunkIndex, numChunksInBatch },
  },
})

const astray = {
  'a batch that is missing': [batch(1n, 0n, 1n)],
  'a piece that is missing': [batch(0n, 0n, 3n), batch(0n, 2n, 3n)],
  'a piece that comes twice': [batch(0n, 0n, 2n), batch(0n, 0n, 2n)],
}

for (const [what, responses] of Object.entries(astray))
  test(`${what} is found out`, { skip }, async () => {
    await using fake = await fakeSpark([() => [...responses, complete]])
    await using spark = await openSpark(fake.address, limits)
    await assert.rejects(Array.fromAsync(run(spark, range(0n, 1n))), { code: 'spark/lost', message: /comes next/ })
  })

test('a result that ends in the middle of a batch is found out', { skip }, async () => {
  await using fake = await fakeSpark([() => [batch(0n, 0n, 2n), complete]])
  await using spark = await openSpark(fake.address, limits)
  await assert.rejects(collect(spark, range(0n, 1n)), { code: 'spark/lost' })
})
