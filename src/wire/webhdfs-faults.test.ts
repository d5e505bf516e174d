import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { textOf } from './hdfs.contract.ts'
import { webhdfs } from './webhdfs.ts'
import type { HdfsLimits } from './webhdfs-limits.ts'
import { type Asked, type Fault, fakeWebHdfs, refuse } from './webhdfs-testing.ts'

const text = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join('')
const hasty: Partial<HdfsLimits> = {
  answerMsMax: 400,
  idleMsMax: 400,
  firstMsMax: 300,
  againMsMax: 900,
  brokenMsMax: 300,
  pauseMsMin: 5,
  pauseMsMax: 40,
}

const patient = { ...hasty, againMsMax: 20_000, brokenMsMax: 20_000, firstMsMax: 20_000 }

const code = (reason: string) => ({ code: `hdfs/${reason}` })

const withFile = async (t: TestContext, fault: Fault, limits: Partial<HdfsLimits> = hasty) => {
  const fake = await fakeWebHdfs(t, fault, limits)
  await fake.files.write('/a', [Buffer.from(text)])
  return fake
}

/** What the file holds from where it was asked for. */
const rest = ({ query }: Asked) => Buffer.from(text).subarray(Number(query.get('offset') ?? 0))

type Break = (asked: Asked) => void

const cutAfter = (bytes: number, how: (response: ServerResponse) => void): Break => {
  return asked => {
    asked.response.write(rest(asked).subarray(0, bytes), () => how(asked.response))
  }
}

const breaks: Record<string, Break> = {
  'the connection is reset in the middle': asked => {
    asked.response.writeHead(200, { 'content-length': rest(asked).length })
    cutAfter(50_000, response => response.socket!.resetAndDestroy())(asked)
  },
  'the connection ends before the length that was said': asked => {
    asked.response.writeHead(200, { 'content-length': rest(asked).length })
    cutAfter(50_000, response => response.socket!.end())(asked)
  },
  'the end of the chunks is missing': cutAfter(50_000, response => response.socket!.end()),
  'no length is said, and the end comes too early': asked => {
    asked.response.useChunkedEncodingByDefault = false
    asked.response.writeHead(200, { connection: 'close' })
    cutAfter(50_000, response => response.end())(asked)
  },
  'the connection stands still': cutAfter(50_000, () => {}),
  'bytes come drop by drop': asked => {
    const bytes = rest(asked)
    let at = 0
    const timer = setInterval(() => asked.response.write(bytes.subarray(at, ++at)), 10)
    asked.response.on('close', () => clearInterval(timer))
  },
  'nothing is answered': () => {},
  'the answer is a 500 of nobody': ({ response }) => void response.writeHead(500).end('oops'),
  'the answer is a 503 that says so': ({ response }) => void refuse(response, 503, 'RetriableException', 'later'),
  'the answer is a block that is missing': ({ response }) => void refuse(response, 403, 'BlockMissingException', 'x'),
}

for (const [what, act] of Object.entries(breaks)) {
  test(`goes on reading where ${what}`, async t => {
    const { hdfs, asked } = await withFile(
      t,
      one => {
        if (one.op !== 'OPEN-data' || one.times > 2) return false
        act(one)
        return true
      },
      patient,
    )
    assert.equal(await textOf(hdfs.read('/a')), text)
    assert.equal(asked.filter(op => op === 'OPEN-data').length, 3)
  })

  test(`gives up reading in time where again and again ${what}`, async t => {
    const { hdfs } = await withFile(t, one => {
      if (one.op !== 'OPEN-data') return false
      // Bytes that come count as going forward, and the file has an end.
      if (one.times === 1 || !/connection|chunks|length/.test(what)) act(one)
      else one.response.socket!.resetAndDestroy()
      return true
    })
    const began = performance.now()
    await assert.rejects(textOf(hdfs.read('/a')), code(what.includes('block') ? 'broken' : 'unreachable'))
    assert.ok(performance.now() - began < 3000)
  })
}

test('never takes more bytes than were asked for', async t => {
  const { hdfs } = await withFile(t, ({ op, response }) => {
    if (op === 'OPEN-data') response.end(Buffer.alloc(1_000_000, 'x'))
    return op === 'OPEN-data'
  })
  assert.equal((await textOf(hdfs.read('/a', { to: 5 }))).length, 5)
})

test('says so where the file was replaced while it was read', async t => {
  const fake = await withFile(t, async asked => {
    if (asked.op !== 'OPEN-data' || asked.times > 1) return false
    await fake.files.write('/a', [Buffer.from(text.toUpperCase())], { overwrite: true })
    breaks['the connection is reset in the middle'](asked)
    return true
  })
  await assert.rejects(textOf(fake.hdfs.read('/a')), code('changed'))
})

test('a reader that takes its time is no fault', async t => {
  const { hdfs, asked } = await withFile(t, () => false)
  let read = ''
  for await (const piece of hdfs.read('/a')) {
    read += piece
    if (read.length < 200_000) await new Promise(resolve => setTimeout(resolve, 400))
  }
  assert.equal(read, text)
  assert.equal(asked.filter(op => op === 'OPEN-data').length, 1)
})

test('a login that is asked for is none that is known', async t => {
  const { hdfs } = await fakeWebHdfs(t, ({ response }) => {
    response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end()
    return true
  })
  await assert.rejects(hdfs.status('/x'), code('secure'))
})

test('takes nothing for an answer that is none', async t => {
  const strange: [reason: string, answer: (response: ServerResponse) => void][] = [
    ['failed', response => response.writeHead(404).end('<html>no such page</html>')],
    ['failed', response => response.writeHead(200).end('<html>hello</html>')],
    ['failed', response => response.writeHead(200).end('{}')],
    ['failed', response => response.writeHead(200).end('{"FileStatus":{"type":"FILE","length":-1}}')],
    ['failed', response => response.writeHead(200).end('null')],
    ['unreachable', response => response.writeHead(200).end(Buffer.alloc(20 * 1024 * 1024))],
    ['unreachable', response => response.writeHead(502).end('bad gateway')],
  ]
  for (const [reason, answer] of strange) {
    const { hdfs } = await fakeWebHdfs(
      t,
      ({ response }) => {
        answer(response)
        return true
      },
      hasty,
    )
    await assert.rejects(hdfs.status('/x'), code(reason))
  }
})

test('names that lead elsewhere are in no listing of HDFS', async t => {
  for (const name of ['..', '.', '', '/etc/passwd', 'a/../../b', 'nul\0']) {
    const { hdfs } = await fakeWebHdfs(t, ({ op, response }) => {
      if (op !== 'LISTSTATUS_BATCH') return false
      const entry = { pathSuffix: name, type: 'FILE', length: 1, modificationTime: 1, fileId: 1 }
      const listing = { partialListing: { FileStatuses: { FileStatus: [entry] } }, remainingEntries: 0 }
      response.end(JSON.stringify({ DirectoryListing: listing }))
      return true
    })
    await assert.rejects(async () => {
      for await (const status of hdfs.list('/')) assert.fail(status.name)
    }, code('failed'))
  }
})

test('a DataNode that is slow, but gives enough, is no fault', async t => {
  const pieceBytes = 70_000
  const { hdfs, asked } = await withFile(t, one => {
    if (one.op !== 'OPEN-data') return false
    const bytes = rest(one)
    let at = 0
    const timer = setInterval(() => {
      one.response.write(bytes.subarray(at, at + pieceBytes))
      at += pieceBytes
      if (at < bytes.length) return
      clearInterval(timer)
      one.response.end()
    }, 150)
    return true
  })
  assert.equal(await textOf(hdfs.read('/a')), text)
  assert.equal(asked.filter(op => op === 'OPEN-data').length, 1)
})

const locations: [location: unknown, reason: string, says: RegExp][] = [
  ['http://localhost:1/webhdfs/v1/a?op=DELETE', 'failed', /no DataNode's address/],
  ['http://localhost:1/other?op=OPEN', 'failed', /no DataNode's address/],
  ['file:///etc/passwd', 'failed', /no DataNode's address/],
  [undefined, 'failed', /no DataNode's address/],
  ['https://localhost:1/webhdfs/v1/a?op=OPEN', 'secure', /HTTP_AND_HTTPS/],
  ['http://localhost:1/webhdfs/v1/a?op=OPEN', 'unreachable', /DataNode "localhost:1": connection refused/],
  ['http://no.such.invalid:1/webhdfs/v1/a?op=OPEN', 'unreachable', /"no.such.invalid:1".*dfs\.datanode\.hostname/],
]

for (const [location, reason, says] of locations) {
  test(`goes where the NameNode points to only if that is a DataNode: ${location}`, async t => {
    const { hdfs } = await withFile(t, ({ op, response }) => {
      if (op === 'OPEN') response.end(JSON.stringify({ Location: location }))
      return op === 'OPEN'
    })
    await assert.rejects(textOf(hdfs.read('/a')), thrown => {
      assert.equal((thrown as { code?: string }).code, `hdfs/${reason}`)
      assert.match((thrown as Error).message, says)
      return true
    })
  })
}

test('asks for another DataNode where one cannot be reached, and for all again where none is left', async t => {
  const excluded: (string | null)[] = []
  const { hdfs } = await withFile(t, ({ op, query, times, response }) => {
    if (op !== 'OPEN' || times > 3) return false
    excluded.push(query.get('excludedatanodes'))
    if (times === 2) return refuse(response, 403, 'IOException', 'Failed to find datanode, suggest to check cluster')
    response.end(JSON.stringify({ Location: 'http://localhost:1/webhdfs/v1/a?op=OPEN' }))
    return true
  })
  assert.equal(await textOf(hdfs.read('/a')), text)
  assert.deepEqual(excluded, [null, 'localhost:1', null])
})

test('an old NameNode may redirect instead of saying where', async t => {
  const { hdfs, url } = await withFile(t, ({ op, query, response }) => {
    if (op !== 'OPEN') return false
    response.writeHead(307, { location: `${url}/webhdfs/v1/a?op=OPEN&at=data&offset=${query.get('offset')}` }).end()
    return true
  })
  assert.equal(await textOf(hdfs.read('/a')), text)
})

const standby = async (t: TestContext): Promise<string> => {
  const server = createServer((_, response) => refuse(response, 403, 'StandbyException', 'Operation category READ'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('asks the next NameNode where one is on standby, and stays with whoever is active', async t => {
  const fake = await withFile(t, () => false)
  const nameNodes = [await standby(t), 'http://127.0.0.1:1', fake.url]
  await using hdfs = webhdfs({ name: 'hdfs://service', nameNodes, user: 'ada' }, hasty)
  assert.equal((await hdfs.status('/a'))?.bytes, text.length)
  assert.equal(await textOf(hdfs.read('/a')), text)
})

test('says so where no NameNode is active', async t => {
  const nameNodes = [await standby(t), await standby(t)]
  await using hdfs = webhdfs({ name: 'hdfs://service', nameNodes, user: 'ada' }, hasty)
  await assert.rejects(hdfs.status('/a'), /StandbyException.*; is one of its NameNodes active\?/)
})

test('a NameNode that never answered is given up soon, one that did is waited for', async t => {
  const fake = await withFile(t, ({ request }) => {
    if (isAway) request.socket.resetAndDestroy()
    return isAway
  })
  let isAway = true
  const began = performance.now()
  await assert.rejects(fake.hdfs.status('/a'), code('unreachable'))
  assert.ok(performance.now() - began < 400)
  isAway = false
  await fake.hdfs.status('/a')
  isAway = true
  setTimeout(() => (isAway = false), 450)
  assert.equal((await fake.hdfs.status('/a'))?.bytes, text.length)
})

test('sends who asks, and asks a page at a time', async t => {
  const users = new Set<string | null>()
  const { hdfs, files, asked } = await fakeWebHdfs(t, ({ query }) => {
    users.add(query.get('user.name'))
    return false
  })
  for (let i = 0; i < 10; i++) await files.write(`/f/${i}`, [])
  let seen = 0
  for await (const _ of hdfs.list('/f')) seen++
  assert.deepEqual([seen, asked.filter(op => op === 'LISTSTATUS_BATCH').length, [...users]], [10, 4, ['ada']])
})
