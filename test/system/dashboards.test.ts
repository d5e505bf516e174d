import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import { parse } from 'yaml'
import { startExporter } from '../../src/stack/kafka/exporter.ts'
import { installations } from '../../src/stack/place.ts'
import { dashboards, fileOf } from '../../tools/gen-dashboards.ts'
import { type Dashboard, dashboardJson, datasourceUid, type Query, units } from '../../tools/grafana/dashboard.ts'
import { type Prometheus, prometheusSkip, startPrometheus } from '../prometheus.ts'
import { kafkaSkip, someBroker } from './kafka-broker.ts'
import { execute, root, tempDir } from './textstream.ts'
import { everyNow, manyTexts, metricsAt, start } from './under-load.ts'

const skip = await prometheusSkip()
const grafana = join(installations, 'grafana')
const [overview, clusters, kafka] = dashboards
const answeredMsMax = 60_000

const queriesOf = ({ rows }: Dashboard) => rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries))

for (const dashboard of dashboards) {
  test(`${dashboard.uid}.json is what the code makes; "npm run dashboards" writes it anew`, async () => {
    assert.equal(await readFile(fileOf(dashboard), 'utf8'), dashboardJson(dashboard))
  })

  test(`${dashboard.uid}: each panel has a unit of Grafana's, says what it shows, and has room in its row`, () => {
    const { panels } = JSON.parse(dashboardJson(dashboard))
    for (const panel of panels.filter(({ type }: { type: string }) => type !== 'row')) {
      assert.ok(panel.description.length > 3, panel.title)
      assert.ok(units.includes(panel.fieldConfig.defaults.unit), panel.title)
      assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, panel.title)
      assert.equal(panel.datasource.uid, '$' + '{datasource}', panel.title)
      assert.ok(panel.targets.length > 0, panel.title)
    }
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`),
    )
    assert.equal(new Set(cells).size, cells.length, 'no panel lies over another')
    const ids = panels.map(({ id }: { id: number }) => id)
    assert.equal(new Set(ids).size, ids.length)
  })
}

test('provisioning declares the data source that the dashboards ask, and the folder that they lie in', async () => {
  const read = async (path: string) => parse(await readFile(join(grafana, 'provisioning', path), 'utf8'))
  const { apiVersion, datasources } = await read('datasources/prometheus.yml')
  assert.deepEqual([apiVersion, datasources[0].uid, datasources[0].type], [1, datasourceUid, 'prometheus'])
  const { providers } = await read('dashboards/textstream.yml')
  assert.deepEqual([providers[0].type, providers[0].options.path], ['file', '$TEXTSTREAM_DASHBOARDS'])
  assert.deepEqual(
    (await readdir(join(grafana, 'dashboards'))).sort(),
    dashboards.map(({ uid }) => `${uid}.json`).sort(),
  )
  const { templating } = JSON.parse(dashboardJson(overview))
  assert.equal(templating.list[0].current.value, datasourceUid)
})

test('init.sh puts all of it into a Grafana that is installed, with nothing left to fill in', async () => {
  await using dir = await tempDir()
  const init = join(grafana, 'init.sh')
  const { code, stderr } = await execute(init, [dir.path], { env: { TEXTSTREAM_PROMETHEUS_URL: 'http://prom:1' } })
  assert.equal(code, 0, stderr)
  const at = (path: string) => readFile(join(dir.path, 'provisioning', path), 'utf8')
  assert.equal(parse(await at('datasources/textstream.yml')).datasources[0].url, 'http://prom:1')
  const folder = parse(await at('dashboards/textstream.yml')).providers[0].options.path
  assert.equal((await readdir(folder)).length, dashboards.length)
  assert.equal((await execute(init, [join(dir.path, 'none')])).code, 2)
})

/** As Grafana fills them in, for a Prometheus that asks every second. */
const filledIn = (expr: string) => expr.replaceAll('$__rate_interval', '15s').replaceAll('$instance', '.*')

const labelsIn = ({ legend }: Query) => [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)

/** Why a query shows nothing, or nothing with the labels of its legend. */
const faultOf = async (prometheus: Prometheus, query: Query): Promise<string | undefined> => {
  const series = await prometheus.query(filledIn(query.expr))
  const numbers = series.filter(({ value }) => Number.isFinite(value))
  if (numbers.length === 0) return `no number: ${JSON.stringify(series.slice(0, 2))}`
  const lacking = labelsIn(query).find(label => numbers.some(({ labels }) => !labels[label]))
  return lacking === undefined ? undefined : `no label "${lacking}": ${JSON.stringify(numbers[0])}`
}

/** Each of them has to show something at some time while the load goes on; what never did, with the last reason. */
const unanswered = async (prometheus: Prometheus, queries: readonly Query[]): Promise<string[]> => {
  let faults = new Map<Query, string>(queries.map(query => [query, 'never asked']))
  for (const until = performance.now() + answeredMsMax; faults.size > 0 && performance.now() < until; ) {
    await sleep(1_000)
    const left = new Map<Query, string>()
    for (const query of faults.keys()) {
      const fault = await faultOf(prometheus, query)
      if (fault !== undefined) left.set(query, fault)
    }
    faults = left
  }
  return [...faults].map(([{ expr }, why]) => `${filledIn(expr)}: ${why}`)
}

const record = (n: number) =>
  JSON.stringify({
    destination_uri: '/posted.md',
    agent_id: 'Agent_Ada',
    chunk: `word ${n} `,
    response_id: 'r',
    seq: n,
  })

const post = (url: string, path: string, body: string, type: string) =>
  fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': type } })

/** What people and agents do with `up`. */
const use = (url: string): Disposable => {
  const stack = new DisposableStack()
  const live = new AbortController()
  stack.defer(() => live.abort())
  const follow = async () => {
    for await (const _ of (await fetch(`${url}/live`, { signal: live.signal })).body!);
  }
  follow().catch(() => {})
  stack.use(everyNow(200, round => post(url, '/records', `${record(round)}\n`, 'application/x-ndjson')))
  stack.use(everyNow(500, () => post(url, '/query', '{"sql":"select count(*) from agents"}', 'application/json')))
  stack.use(everyNow(500, () => post(url, '/query', '{"sql":"drop table agents"}', 'application/json')))
  stack.use(everyNow(500, async () => (await fetch(`${url}/documents`)).text()))
  return stack
}

test("every query of the overview and the clusters gives a number of the real product under load, and its legend's labels", {
  skip,
}, async () => {
  await using dir = await tempDir()
  const data = await manyTexts(join(dir.path, 'texts'))
  await mkdir(join(dir.path, 'logs'))
  await using source = start(
    ['source', '-d', data, '-c', '5', '--rate', '60', '-p', '0', '--metrics-port', '0'],
    dir.path,
  )
  const sourceUrl = await source.said(/ at (http:\S+), described/)
  await using consume = start(['consume', '--from', 'logs', '--warehouse', 'w', '--metrics-port', '0'], dir.path)
  await using up = start(['up', '-d', data, '-l', 'up', '--warehouse', 'upw', '-p', '0', '--json'], dir.path)
  const upUrl = (await up.said(/"url":"([^"]+)"/)).replace('localhost', '127.0.0.1')
  await using produce = start(
    ['produce', '-s', sourceUrl, '-l', 'logs', '--concurrency', '12', '--metrics-port', '0'],
    dir.path,
  )
  await using prometheus = await startPrometheus([
    { job: 'source', at: await metricsAt(source) },
    { job: 'consume', at: await metricsAt(consume) },
    { job: 'produce', at: await metricsAt(produce) },
    { job: 'up', at: new URL(upUrl).host },
  ])
  using _ = use(upUrl)
  assert.deepEqual(await unanswered(prometheus, [...queriesOf(overview), ...queriesOf(clusters)]), [])
  const instancesOf = async ({ instances }: Dashboard) =>
    (await prometheus.query(`group by (instance) (${instances})`)).length
  assert.deepEqual([await instancesOf(overview), await instancesOf(clusters)], [4, 2])
  const page = await (await fetch(`${upUrl}/metrics`)).text()
  for (const name of ['textstream_build_info{', 'textstream_topic_end_bytes ', 'textstream_consume_running 1'])
    assert.ok(page.includes(`\n${name}`), name)
  const checked = await execute('promtool', ['check', 'metrics'], { input: page })
  assert.equal(checked.code, 0, checked.stderr)
})

const noKafka = (await kafkaSkip()) || skip

test("every query of Kafka's dashboard gives a number of a real broker under load", { skip: noKafka }, async () => {
  await using dir = await tempDir()
  await using broker = await someBroker()
  const topic = `observed-${randomUUID()}`
  const data = await manyTexts(join(dir.path, 'texts'))
  await using source = start(['source', '-d', data, '-c', '5', '--rate', '40', '-p', '0'], dir.path)
  const sourceUrl = await source.said(/ at (http:\S+), described/)
  const place = ['-k', broker.address, '-t', topic]
  await using produce = start(['produce', '-s', sourceUrl, ...place, '--create-topic', '--metrics-port', '0'], dir.path)
  const producing = await metricsAt(produce)
  await produce.said(/(made)/)
  await using consume = start(['consume', ...place, '--warehouse', 'w', '--metrics-port', '0'], dir.path)
  const cluster = { brokers: [{ host: '127.0.0.1', port: broker.port }], security: {} }
  const exporter = await startExporter({ cluster, port: 0, tell: () => {} })
  await using _ = { [Symbol.asyncDispose]: () => exporter.close() }
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] })
  await using __ = { [Symbol.asyncDispose]: () => admin.close() }
  const partitionOffsets = [{ partition: 0, offset: 0n }]
  await admin.alterConsumerGroupOffsets({ groupId: `old-${topic}`, topics: [{ name: topic, partitionOffsets }] })
  await using prometheus = await startPrometheus([
    { job: 'kafka', at: new URL(exporter.listeningOrigin).host },
    { job: 'produce', at: producing },
    { job: 'consume', at: await metricsAt(consume) },
  ])
  assert.deepEqual(await unanswered(prometheus, queriesOf(kafka)), [])
})

test('init.sh alone starts Grafana and Prometheus by Docker, as the old one did, and says if there is none', async () => {
  await using dir = await tempDir()
  const docker = join(dir.path, 'docker')
  await writeFile(docker, '#!/bin/sh\necho "$@"\n')
  await chmod(docker, 0o755)
  const init = join(grafana, 'init.sh')
  const { code, stdout } = await execute(init, [], { env: { PATH: `${dir.path}:/usr/bin:/bin` } })
  assert.equal(code, 0)
  const words = stdout.trim().split(' ')
  assert.equal(resolve(words[2]), join(root, 'compose.yaml'))
  assert.deepEqual([...words.slice(0, 2), ...words.slice(3)], 'compose -f --profile observe up -d --wait'.split(' '))
  await rm(docker)
  await symlink('/usr/bin/dirname', join(dir.path, 'dirname'))
  const without = await execute('/bin/sh', [init], { env: { PATH: dir.path } })
  assert.deepEqual([without.code, /init\.sh: there is no docker/.test(without.stderr)], [1, true])
})
