import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { advice } from './advice.ts'
import { dataNode, history, nameNode, nodeManager, resourceManager } from './ready.ts'

/** What all daemons answer, by the path that they are asked for; one server speaks for all. */
type Answers = Readonly<Record<string, unknown>>

const ports = ['namenode-http', 'datanode-http', 'resourcemanager-http', 'nodemanager-http', 'history-http']

const answering = async (t: TestContext, answers: Answers) => {
  const server = createServer(({ url = '' }, reply) => {
    const answer = answers[url.replace('/jmx?qry=Hadoop:', '')]
    reply.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  return Object.fromEntries(ports.map(name => [name, port]))
}

const beans = (bean: object) => ({ beans: [bean] })
const nameNodeStatus = 'service=NameNode,name=NameNodeStatus'
const nameNodeInfo = 'service=NameNode,name=NameNodeInfo'
const dataNodeInfo = 'service=DataNode,name=DataNodeInfo'
const fileSystem = 'service=NameNode,name=FSNamesystem'
const runningActor = beans({ BPServiceActorInfo: '[{"ActorState":"RUNNING"}]' })
const clusterInfo = '/ws/v1/cluster/info'
const nodeInfo = '/ws/v1/node/info'
const runningNodes = '/ws/v1/cluster/nodes?states=RUNNING'
const fit = { nodeInfo: { id: 'localhost:8041', nodeHealthy: true, nmStartupTime: 1000 } }
const known = (lastHealthUpdate: number, id = 'localhost:8041') => ({ nodes: { node: [{ id, lastHealthUpdate }] } })

const ready: Record<string, [check: typeof nameNode, answers: Answers]> = {
  'a NameNode that is active': [nameNode, { [nameNodeStatus]: beans({ State: 'active' }) }],
  'a DataNode that serves an HDFS that can be written': [
    dataNode,
    { [dataNodeInfo]: runningActor, [nameNodeInfo]: beans({ Safemode: '' }) },
  ],
  'a ResourceManager that has started': [resourceManager, { [clusterInfo]: { clusterInfo: { state: 'STARTED' } } }],
  'a NodeManager that is known since it started': [nodeManager, { [nodeInfo]: fit, [runningNodes]: known(1000) }],
  'a history server that says what it is': [history, { '/ws/v1/history/info': { historyInfo: {} } }],
}

for (const [what, [check, answers]] of Object.entries(ready)) {
  test(`${what} is ready`, async t => check(await answering(t, answers), AbortSignal.timeout(5_000)))
}

const notYet: Record<string, [check: typeof nameNode, answers: Answers, why: RegExp]> = {
  'a NameNode that still loads': [nameNode, { [nameNodeStatus]: { beans: [] } }, /not yet loaded/],
  'a NameNode on standby': [nameNode, { [nameNodeStatus]: beans({ State: 'standby' }) }, /it is standby/],
  'a DataNode that is not registered': [
    dataNode,
    { [dataNodeInfo]: beans({ BPServiceActorInfo: '[{"ActorState":"CONNECTING"}]' }) },
    /the NameNode does not know it yet/,
  ],
  'a DataNode while HDFS is in safe mode': [
    dataNode,
    { [dataNodeInfo]: runningActor, [nameNodeInfo]: beans({ Safemode: 'Safe mode is ON. 3 blocks are missing' }) },
    /HDFS cannot be written: Safe mode is ON. 3 blocks are missing/,
  ],
  'a ResourceManager that still starts': [
    resourceManager,
    { [clusterInfo]: { clusterInfo: { state: 'INITED' } } },
    /it is INITED/,
  ],
  'a NodeManager on a full disk': [
    nodeManager,
    { [nodeInfo]: { nodeInfo: { nodeHealthy: false, healthReport: '1/1 local-dirs usable space is below' } } },
    /it takes no work: 1\/1 local-dirs usable/,
  ],
  'a NodeManager that the ResourceManager does not know': [
    nodeManager,
    { [nodeInfo]: fit, [runningNodes]: { nodes: null } },
    /does not know it yet/,
  ],
  'a NodeManager of whom only the one before is known': [
    nodeManager,
    { [nodeInfo]: fit, [runningNodes]: known(999) },
    /does not know it yet/,
  ],
  'a NodeManager while only another one is known': [
    nodeManager,
    { [nodeInfo]: fit, [runningNodes]: known(2000, 'elsewhere:8041') },
    /does not know it yet/,
  ],
  'a history server that is another': [history, {}, /history\/info answers 404/],
}

for (const [what, [check, answers, why]] of Object.entries(notYet)) {
  test(`${what} is not ready, and that is said`, async t => {
    const all = await answering(t, answers)
    await assert.rejects(check(all, AbortSignal.timeout(5_000)), why)
  })
}

test('of one that does not answer it is said where it should', async () => {
  const refused = nameNode({ 'namenode-http': 1 }, AbortSignal.timeout(5_000))
  await assert.rejects(refused, /^Error: http:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\)$/)
})

test('an HDFS without files needs no advice; one copy of files does, and so do missing blocks', async t => {
  const of = async (bean: object) =>
    advice(await answering(t, { [fileSystem]: beans(bean) }), AbortSignal.timeout(5_000))
  assert.deepEqual(await of({ BlocksTotal: 0, MissingBlocks: 0 }), [])
  const [one] = await of({ BlocksTotal: 7, MissingBlocks: 0 })
  assert.match(one, /one copy of each file.*survives kill -9, but not a lost disk/)
  const [, missing] = await of({ BlocksTotal: 7, MissingBlocks: 2 })
  assert.match(missing, /HDFS misses 2 of its blocks/)
})
