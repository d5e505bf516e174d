import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf } from './hdfs.contract.ts'
import { writeAnew } from './hdfs-write-anew.ts'
import type { HdfsLimits } from './webhdfs-limits.ts'
import { fakeWebHdfs, refuse } from './webhdfs-testing.ts'

const hasty: Partial<HdfsLimits> = {
  answerMsMax: 400,
  idleMsMax: 400,
  firstMsMax: 300,
  againMsMax: 900,
  pauseMsMin: 5,
  pauseMsMax: 40,
}

const code = (reason: string) => ({ code: `hdfs/${reason}` })

const refusals: [exception: string, message: string, reason: string, says: RegExp][] = [
  ['FileNotFoundException', 'File /x does not exist.', 'absent', /does not exist/],
  ['AccessControlException', 'Permission denied: user=ada', 'denied', /HADOOP_USER_NAME/],
  ['SafeModeException', 'Name node is in safe mode.\nIt was turned on manually.', 'read-only', /-safemode leave/],
  ['DSQuotaExceededException', 'The DiskSpace quota of /q is exceeded', 'full', /free some/],
  ['NSQuotaExceededException', 'The NameSpace quota', 'full', /free some/],
  ['IOException', 'File /x could only be written to 0 of the 1 minReplication nodes.', 'full', /no room left/],
  ['FileAlreadyExistsException', '/x already exists\n\tat org.apache', 'exists', /already exists$/],
  ['IllegalArgumentException', 'Invalid value for webhdfs parameter "user.name"', 'usage', /HADOOP_USER_NAME/],
  ['IOException', 'Something \u001b[31melse', 'failed', /Something ␛\[31melse$/],
]

for (const [exception, message, reason, says] of refusals) {
  test(`calls ${exception} ${reason}, whoever refuses`, async t => {
    for (const refusing of ['MKDIRS', 'CREATE', 'CREATE-data']) {
      const { hdfs } = await fakeWebHdfs(
        t,
        ({ op, response }) => op === refusing && refuse(response, 403, exception, message),
        hasty,
      )
      const acting = refusing === 'MKDIRS' ? hdfs.makeFolder('/x') : hdfs.write('/x', [Buffer.from('x')])
      await assert.rejects(acting, thrown => {
        assert.equal((thrown as { code?: string }).code, `hdfs/${reason}`)
        assert.match((thrown as Error).message, says)
        assert.match((thrown as Error).message, /"hdfs:\/\/fake:8020\/x"/)
        return true
      })
    }
  })
}

test('waits for safe mode to end where it ends by itself', async t => {
  const { hdfs } = await fakeWebHdfs(
    t,
    ({ op, times, response }) =>
      op === 'MKDIRS' &&
      times < 4 &&
      refuse(response, 403, 'SafeModeException', 'Safe mode will be turned off automatically once'),
    hasty,
  )
  await hdfs.makeFolder('/x')
})

test('a write that fails half-way is not tried again, and says what it was', async t => {
  const { hdfs, asked } = await fakeWebHdfs(
    t,
    ({ op, request }) => {
      if (op === 'CREATE-data') request.once('data', () => request.socket.resetAndDestroy())
      return op === 'CREATE-data'
    },
    hasty,
  )
  function* bytes() {
    for (let i = 0; i < 100; i++) yield Buffer.alloc(100_000)
  }
  await assert.rejects(hdfs.write('/x', bytes()), code('unreachable'))
  assert.equal(asked.filter(op => op === 'CREATE-data').length, 2)
})

test('what can be given again is begun anew where it was cut, but not for ever', async t => {
  for (const cuts of [1, 2, 3]) {
    const { hdfs, files } = await fakeWebHdfs(
      t,
      ({ op, request }) => {
        const isCut = op === 'CREATE-data' && began <= cuts
        if (isCut) request.once('data', () => request.socket.resetAndDestroy())
        return isCut
      },
      hasty,
    )
    let began = 0
    const writing = writeAnew(hdfs, '/x', () => {
      began++
      return [Buffer.from('all '), Buffer.from('of it')]
    })
    if (cuts === 3) await assert.rejects(writing, code('unreachable'))
    else await writing.then(async () => assert.equal(await textOf(files.read('/x')), 'all of it'))
    assert.equal(began, Math.min(3, cuts + 1))
  }
})

test('a write to a DataNode that takes no more ends in time', async t => {
  const { hdfs } = await fakeWebHdfs(
    t,
    ({ op, request }) => {
      if (op === 'CREATE-data') request.pause()
      return op === 'CREATE-data'
    },
    hasty,
  )
  function* bytes() {
    for (let i = 0; i < 100; i++) yield Buffer.alloc(1_000_000)
  }
  await assert.rejects(hdfs.write('/x', bytes()), /took no more|no answer/)
})

test('a write takes no more than the DataNode does', async t => {
  let resume = () => {}
  const { hdfs } = await fakeWebHdfs(t, ({ op, request }) => {
    if (op !== 'CREATE-data') return false
    resume = () => void request.resume()
    request.pause()
    return true
  })
  let taken = 0
  async function* bytes() {
    for (let i = 0; i < 200; i++) {
      taken += 1_000_000
      yield Buffer.alloc(1_000_000)
    }
  }
  const writing = hdfs.write('/x', bytes()).catch(() => {})
  await new Promise(resolve => setTimeout(resolve, 300))
  assert.ok(taken < 50_000_000, `${taken} bytes were taken`)
  resume()
  await hdfs[Symbol.asyncDispose]()
  void writing
})

test('a write of which HDFS has less than was sent is no success', async t => {
  const fake = await fakeWebHdfs(t, async ({ op, path, request, response }) => {
    if (op !== 'CREATE-data') return false
    for await (const _ of request);
    await fake.files.write(path, [Buffer.from('less')])
    response.writeHead(201).end()
    return true
  })
  await assert.rejects(fake.hdfs.write('/x', [Buffer.from('more than that')]), /14 bytes were taken, but HDFS has 4/)
})

test('a rename whose answer was lost was done once', async t => {
  for (const isDone of [true, false]) {
    const fake = await fakeWebHdfs(
      t,
      async ({ op, path, query, times, response }) => {
        if (op !== 'RENAME' || times > 1) return false
        if (isDone) await fake.files.rename(path, query.get('destination')!)
        response.socket!.resetAndDestroy()
        return true
      },
      hasty,
    )
    await fake.files.write('/from', [Buffer.from('x')])
    await fake.hdfs.rename('/from', '/to')
    assert.equal(fake.asked.filter(op => op === 'RENAME').length, isDone ? 1 : 2)
    assert.equal(await fake.files.status('/from'), undefined)
    assert.equal(await textOf(fake.files.read('/to')), 'x')
  }
})
