import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { namesIn } from '../../src/wire/hdfs.contract.ts'
import { hadoopOrSkip } from '../hadoop.ts'
import { type OwnHdfs, startOwnHdfs } from './hdfs-own.ts'
import { tempDir, textstream } from './textstream.ts'

const { skip, hadoop } = await hadoopOrSkip()

const bytes = 60_000_000
const block = Buffer.alloc(1_000_000, 'some text that is the same again and again\n')

function* blocks(onBlock: (i: number) => void = () => {}) {
  for (let i = 0; i < bytes / block.length; i++) {
    onBlock(i)
    yield block
  }
}

const whole = createHash('sha256')
for (const one of blocks()) whole.update(one)
const expected = whole.digest('hex')

const digestOf = async (pieces: AsyncIterable<Buffer>, onPiece: (bytes: number) => void | Promise<void> = () => {}) => {
  const hash = createHash('sha256')
  let got = 0
  for await (const piece of pieces) {
    hash.update(piece)
    got += piece.length
    await onPiece(got)
  }
  return hash.digest('hex')
}

describe('an HDFS that is hurt', { skip, concurrency: false }, () => {
  let own: OwnHdfs
  before(async () => {
    own = await startOwnHdfs(hadoop!)
  })
  after(() => own?.[Symbol.asyncDispose]())

  const run = (args: readonly string[], cwd: string) => textstream(args, { cwd, env: own.environment })

  test('a read goes on where the DataNode is killed and started again', async () => {
    await own.hdfs.write('/read', blocks())
    let restarted: Promise<void> | undefined
    const read = await digestOf(own.hdfs.read('/read'), async got => {
      if (got < bytes / 3 || restarted !== undefined) return
      await own.stopDataNode()
      restarted = own.startDataNode()
    })
    await restarted
    assert.equal(read, expected)
  })

  test('a write whose DataNode is killed is refused, and can be made anew once it is back', async () => {
    let stopped: Promise<void> | undefined
    const stop = (i: number) => {
      if (i === 30) stopped = own.stopDataNode()
    }
    await assert.rejects(own.hdfs.write('/write', blocks(stop)), {
      code: 'hdfs/unreachable',
      message: /^write "hdfs:\/\/127.0.0.1:\d+\/write": DataNode "127.0.0.1:\d+": .*; does it run/,
    })
    await stopped
    // Begun while it is away: nothing was taken from the bytes yet, so it waits.
    const again = own.hdfs.write('/write', blocks(), { overwrite: true })
    await own.startDataNode()
    await again
    assert.equal(await digestOf(own.hdfs.read('/write')), expected)
  })

  test('a NameNode that is killed and started again is waited for', async () => {
    await own.hdfs.status('/')
    await own.stopNameNode()
    const made = own.hdfs.makeFolder('/waited')
    await own.startNameNode()
    await made
    assert.equal((await own.hdfs.status('/waited'))?.kind, 'folder')
    await using temp = await tempDir()
    writeFileSync(join(temp.path, 'old'), 'old')
    // Its DataNode still holds a connection to the one that was killed; what can be given again is written anew.
    const { code, stderr } = await run(['hdfs', 'put', 'old', 'hdfs:///safe'], temp.path)
    assert.equal(code, 0, stderr)
  })

  test('one that is read-only refuses to be written to, with the reason, and is read', async () => {
    await using temp = await tempDir()
    writeFileSync(join(temp.path, 'a.ndjson'), 'x\n')
    own.admin('-safemode', 'enter')
    try {
      const { code, stderr } = await run(['hdfs', 'put', 'a.ndjson', 'hdfs:///safe'], temp.path)
      assert.equal(code, 1)
      assert.match(
        stderr,
        /^textstream: make the folder .*SafeModeException.*read-only until somebody says: hdfs dfsadmin -safemode leave\n$/,
      )
      for (const act of [
        () => own.hdfs.makeFolder('/safe/new'),
        () => own.hdfs.rename('/safe/old', '/safe/new'),
        () => own.hdfs.remove('/safe/old'),
      ])
        await assert.rejects(act(), { code: 'hdfs/read-only' })
      assert.equal((await run(['hdfs', 'get', 'hdfs:///safe', 'got'], temp.path)).code, 0)
    } finally {
      own.admin('-safemode', 'leave')
    }
    assert.deepEqual(await namesIn(own.hdfs, '/safe'), ['old'])
  })

  test('one that is away is told with exit 4, and soon', async () => {
    await using temp = await tempDir()
    await own.stopNameNode()
    const began = performance.now()
    const { code, stderr } = await run(['hdfs', 'ls', 'hdfs:///'], temp.path)
    assert.equal(code, 4)
    assert.match(stderr, /^textstream: .*NameNode "http:\/\/127.0.0.1:\d+": connection refused; is it up\?/)
    assert.ok(performance.now() - began < 10_000)
  })
})
