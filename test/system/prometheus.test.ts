import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { metricsPorts } from '../../src/cli/metrics-port.ts'
import { kafkaExporter } from '../../src/stack/parts/kafka-exporter.ts'
import { prometheus as part } from '../../src/stack/parts/prometheus.ts'
import { installations } from '../../src/stack/place.ts'
import { render } from '../../src/stack/template.ts'
import { prometheusSkip, readRules } from '../prometheus.ts'
import { freePortOffset } from './kafka-broker.ts'
import { bin, execute, root, tempDir, textstream } from './textstream.ts'

const skip = await prometheusSkip()
const folder = join(installations, 'prometheus')
const metricsPage = join(root, 'docs/metrics.md')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface Job {
  readonly job_name: string
  readonly static_configs: readonly { readonly targets: readonly string[] }[]
}

const rules: readonly Rule[] = parse(await readRules()).groups.flatMap(({ rules }: { rules: Rule[] }) => rules)

const promtool = (...args: readonly string[]) => execute('promtool', args)

const passes = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await promtool(...args)
  assert.equal(code, 0, `${stdout}${stderr}`)
}

test('promtool takes the rules, and each test of theirs holds', { skip }, async () => {
  await passes('check', 'rules', join(folder, 'conf/rules.yml'))
  await passes('test', 'rules', join(folder, 'rules-tests.yml'))
})

test('promtool takes what the stack runs with, and what the containers do', { skip }, async () => {
  await using dir = await tempDir()
  const template = await readFile(join(folder, 'conf/prometheus.yml'), 'utf8')
  const inContainer = await readFile(join(folder, 'prometheus.yml'), 'utf8')
  await writeFile(join(dir.path, 'rules.yml'), await readRules())
  await writeFile(join(dir.path, 'token'), 'x')
  await writeFile(join(dir.path, 'stack.yml'), render(template, { 'ports.http': '9090' }, 'prometheus.yml'))
  const moved = inContainer.replace('conf/rules.yml', 'rules.yml').replace('/run/textstream', dir.path)
  await writeFile(join(dir.path, 'container.yml'), moved)
  await passes('check', 'config', join(dir.path, 'stack.yml'))
  await passes('check', 'config', join(dir.path, 'container.yml'))
})

test('a rule that is broken is refused, and a test that does not hold fails', { skip }, async () => {
  await using dir = await tempDir()
  const text = await readRules()
  const tests = (await readFile(join(folder, 'rules-tests.yml'), 'utf8')).replace('conf/rules.yml', 'rules.yml')
  await writeFile(join(dir.path, 'rules.yml'), text.replace('kafka_brokers == 0', 'kafka_brokers == 1'))
  await writeFile(join(dir.path, 'rules-tests.yml'), tests)
  assert.notEqual((await promtool('test', 'rules', join(dir.path, 'rules-tests.yml'))).code, 0)
  await writeFile(join(dir.path, 'rules.yml'), text.replace('kafka_brokers == 0', 'kafka_brokers ==='))
  assert.notEqual((await promtool('check', 'rules', join(dir.path, 'rules.yml'))).code, 0)
})

test('each alert says what is the case and what to do, and has a test where it speaks', async () => {
  const { tests } = parse(await readFile(join(folder, 'rules-tests.yml'), 'utf8'))
  const said = JSON.stringify(tests)
  assert.ok(rules.length >= 6)
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels.severity, /^(warning|critical)$/, alert)
    assert.ok(annotations.summary.length > 20 && annotations.todo.length > 20, alert)
    assert.ok(said.includes(`"${alert}"`), `${alert} has no test`)
  }
})

test('the rules ask for nothing that nobody counts', async () => {
  const page = await readFile(metricsPage, 'utf8')
  const names = rules.flatMap(({ expr }) => expr.match(/\b(?:textstream|kafka)_\w+/g) ?? [])
  const known = (name: string) => page.includes(`| \`${name.replace(/_(bucket|sum|count)$/, '')}\` |`)
  assert.ok(names.length > 10)
  assert.deepEqual(
    names.filter(name => !known(name)),
    [],
  )
})

test('everything is asked where it listens', async () => {
  const jobs: readonly Job[] = parse(await readFile(join(folder, 'conf/prometheus.yml'), 'utf8')).scrape_configs
  const asked = Object.fromEntries(jobs.map(job => [job.job_name, job.static_configs[0].targets[0]]))
  const at = (port: number) => `127.0.0.1:${port}`
  assert.deepEqual(asked, {
    up: at(4000),
    ...Object.fromEntries(Object.entries(metricsPorts).map(([job, port]) => [job, at(port)])),
    kafka: at(kafkaExporter.ports.metrics),
    prometheus: '127.0.0.1:{{ports.http}}',
  })
})

test('textstream stack up prometheus asks them all, and has the rules', { skip }, async () => {
  await using dir = await tempDir()
  const offset = await freePortOffset(part.ports.http)
  const env = { TEXTSTREAM_STATE: dir.path, TEXTSTREAM_PORT_OFFSET: String(offset) }
  await using _ = { [Symbol.asyncDispose]: async () => void (await textstream(['stack', 'down'], { env })) }
  const { code, stderr } = await textstream(['stack', 'up', 'prometheus'], { env })
  assert.equal(code, 0, stderr)
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${part.ports.http + offset}/api/v1/${path}`)
    return ((await response.json()) as { data: T }).data
  }
  const { groups } = await ask<{ groups: { rules: { name: string }[] }[] }>('rules')
  assert.deepEqual(
    groups.flatMap(group => group.rules.map(({ name }) => name)),
    rules.map(({ alert }) => alert),
  )
  const config = parse((await ask<{ yaml: string }>('status/config')).yaml)
  assert.equal(config.scrape_configs.length, 6)
})

const pagePath = join(root, 'docs/observe.md')

test('docs/observe.md says what works: its marked blocks run, in order', { skip }, async t => {
  await using dir = await tempDir()
  const offset = await freePortOffset(part.ports.http)
  await mkdir(join(dir.path, 'bin'))
  await symlink(bin, join(dir.path, 'bin/textstream'))
  const env = {
    PATH: `${dir.path}/bin:${process.env.PATH}`,
    TEXTSTREAM_STATE: join(dir.path, 'state'),
    TEXTSTREAM_PORT_OFFSET: String(offset),
  }
  await using _ = { [Symbol.asyncDispose]: async () => void (await textstream(['stack', 'down'], { env })) }
  const blocks = [...(await readFile(pagePath, 'utf8')).matchAll(/^```sh test\n(.*?)^```$/gms)]
  assert.ok(blocks.length >= 2, 'the page has lost its runnable blocks')
  for (const [, shell] of blocks) {
    await t.test(shell.split('\n')[0], async () => {
      const onOurPort = shell.replaceAll('9090', String(part.ports.http + offset))
      const how = { env, cwd: dir.path }
      const { code, stdout, stderr } = await execute('bash', ['-euo', 'pipefail', '-c', onOurPort], how)
      assert.equal(code, 0, `${shell}\n${stdout}${stderr}`)
    })
  }
})

test('docs/observe.md names each alert', async () => {
  const page = await readFile(pagePath, 'utf8')
  for (const { alert } of rules) assert.ok(page.includes(`\`${alert}\``), alert)
})
