import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { installations } from '../../src/stack/place.ts'
import { freePortOffset } from './kafka-broker.ts'
import { execute, root, tempDir } from './textstream.ts'
import { startProgram } from './under-load.ts'

const required = (process.env.TEXTSTREAM_REQUIRE ?? '').split(/[\s,]+/)
const compose = parse(await readFile(join(root, 'compose.yaml'), 'utf8'), { merge: true })
const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8')
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const folder = join(installations, 'textstream')

interface Service {
  readonly image: string
  readonly build?: string
  readonly profiles?: readonly string[]
  readonly command?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
}

interface File {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes?: Readonly<Record<string, unknown>>
}

const read = async (path: string): Promise<File> => parse(await readFile(path, 'utf8'), { merge: true })

const both = (below: Service | undefined, above: Service | undefined): Service => {
  const ports = [...(below?.ports ?? []), ...(above?.ports ?? [])]
  return { ...below, ...above, ...(ports.length > 0 && { ports }) } as Service
}

const laidOver = (below: File, above: File): File => ({
  ...below,
  services: Object.fromEntries(
    [...new Set([...Object.keys(below.services), ...Object.keys(above.services)])].map(name => [
      name,
      both(below.services[name], above.services[name]),
    ]),
  ),
  volumes: { ...below.volumes, ...above.volumes },
})

const builtFrom = (file: File, dir: string): Readonly<Record<string, Service>> =>
  Object.fromEntries(
    Object.entries(file.services).map(([name, { build, ...service }]) => [
      name,
      build === undefined ? service : { ...service, build: join(dir, build) },
    ]),
  )

/** One file as Compose makes it of those that it includes; docker-compose 1.29 knows no `include`. */
const included = async (): Promise<File> => {
  let services = builtFrom(compose, root)
  let volumes = compose.volumes
  for (const { path } of compose.include as { path: string[] }[]) {
    const files = await Promise.all(path.map(one => read(join(root, one))))
    const file = files.reduce(laidOver)
    assert.deepEqual(
      Object.keys(files.at(-1)!.services),
      Object.keys(file.services),
      `${path.at(-1)} names each service`,
    )
    for (const name of Object.keys(file.services)) assert.ok(!(name in services), `"${name}" is there twice`)
    for (const name of Object.keys(file.volumes ?? {})) assert.ok(!(name in volumes), `volume "${name}" is there twice`)
    services = { ...services, ...builtFrom(file, dirname(join(root, path[0]))) }
    volumes = { ...volumes, ...file.volumes }
  }
  return { services, volumes }
}

const whole = await included()

const composeSkip = async (): Promise<string | false> => {
  const found = await execute('docker-compose', ['version', '--short']).catch(() => undefined)
  if (found?.code === 0) return false
  const why = 'needs docker-compose: sudo apt-get install -y docker-compose'
  if (required.includes('prometheus')) throw new Error(why)
  return why
}

test('docker-compose takes all of it together, with and without profiles', { skip: await composeSkip() }, async () => {
  await using dir = await tempDir()
  const file = join(dir.path, 'compose.yaml')
  // In YAML 1.1, which docker-compose reads, an unquoted "no" is false.
  await writeFile(file, stringify(whole, { version: '1.1' }))
  for (const profiles of ['', 'kafka', 'hadoop', 'spark', 'observe', 'kafka,hadoop,spark,observe']) {
    const env = { COMPOSE_PROFILES: profiles, COMPOSE_PROJECT_NAME: 'textstream' }
    const { code, stderr } = await execute(
      'docker-compose',
      ['--project-directory', root, '-f', file, 'config', '-q'],
      { env },
    )
    assert.equal(code, 0, `${profiles}: ${stderr}`)
  }
})

test('without a profile there is textstream alone; each profile brings its engine', () => {
  const of = (profile?: string) =>
    Object.entries(whole.services)
      .filter(([, { profiles }]) => (profile === undefined ? profiles === undefined : profiles?.includes(profile)))
      .map(([name]) => name)
  assert.deepEqual(of(), ['textstream'])
  assert.deepEqual(of('kafka').sort(), ['broker', 'kafka-exporter', 'kafka-topic'])
  assert.deepEqual(of('observe').sort(), ['grafana', 'prometheus'])
  assert.equal(of('hadoop').length, 6)
  assert.deepEqual(of('spark').sort(), [
    'hive-driver',
    'hiveserver2',
    'metastore',
    'network',
    'postgres',
    'spark',
    'spark-jars',
  ])
})

test('ours is this version, others are pinned; nothing is reached from elsewhere, or may do more than it must', () => {
  for (const [name, service] of Object.entries<Service>(compose.services)) {
    if (service.build === undefined) assert.match(service.image, /^[\w./-]+:v?\d+\.\d+\.\d+$/, name)
    else assert.equal(service.image, `textstream:${version}`, name)
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/, name)
    assert.ok(service.healthcheck?.disable === true || service.healthcheck?.test !== undefined, name)
    assert.deepEqual([service.read_only, service.cap_drop], [true, ['ALL']], name)
    for (const volume of service.volumes ?? []) {
      const [from] = volume.split(':')
      assert.ok(/^[.$]/.test(from) || from in compose.volumes, `${name}: ${volume}`)
    }
  }
})

const linter = async (): Promise<string | undefined> => {
  const python = process.env.TEXTSTREAM_PYTHON ?? ''
  const PATH = `${dirname(python)}${delimiter}${process.env.PATH}`
  const found = await execute('hadolint', ['--version'], { env: { PATH } }).catch(() => undefined)
  if (found?.code === 0) return PATH
  if (required.includes('pyarrow')) throw new Error('TEXTSTREAM_REQUIRE: hadolint is not there; see test/python')
  return undefined
}

const PATH = await linter()
const lintSkip =
  PATH === undefined && 'needs hadolint: .venv/bin/pip install -r test/python/requirements.txt, then TEXTSTREAM_PYTHON'

test('hadolint finds nothing in the Dockerfile, and something in a bad one', { skip: lintSkip }, async () => {
  const lint = async (...args: readonly string[]) => {
    const { code, stdout } = await execute('hadolint', args, { env: { PATH } })
    return [code, stdout]
  }
  assert.deepEqual(await lint(join(root, 'Dockerfile')), [0, ''])
  // What a pinned Debian image installs by apt is as old as its mirror.
  const hadoop = join(installations, 'hadoop/Dockerfile')
  assert.equal((await lint('--failure-threshold', 'warning', '--ignore', 'DL3008', hadoop))[0], 0)
  await using dir = await tempDir()
  await writeFile(join(dir.path, 'Dockerfile'), 'FROM debian:latest\nRUN cd /tmp && sudo ls\n')
  assert.equal((await lint(join(dir.path, 'Dockerfile')))[0], 1)
})

test('the image is of one pinned Node, runs as nobody special, and says whether it is well', () => {
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
  assert.equal(new Set(bases).size, 1)
  assert.match(bases[0], /^node:24\.\d+\.\d+-bookworm-slim$/)
  assert.match(dockerfile, /^USER 1000:1000$/m)
  assert.match(
    dockerfile,
    /^HEALTHCHECK .*\\\n\s+CMD \["node", "\/opt\/textstream\/installations\/textstream\/health\.mjs"\]$/m,
  )
})

/** A `textstream` that says how it was called. */
const stub = async (dir: string) => {
  await mkdir(join(dir, 'bin'))
  const path = join(dir, 'bin/textstream')
  await writeFile(path, `#!/bin/sh\necho "$@; token $TEXTSTREAM_TOKEN"\n`)
  await chmod(path, 0o755)
  return { PATH: `${join(dir, 'bin')}${delimiter}${process.env.PATH}`, TEXTSTREAM_TOKEN_FILE: join(dir, 'token') }
}

const startScript = join(folder, 'start.sh')

test('up has a token in a container: one that is given, else one that is made once; other commands have none', async () => {
  await using dir = await tempDir()
  const env = await stub(dir.path)
  const run = async (args: readonly string[], more = {}) =>
    (await execute(startScript, args, { env: { ...env, ...more } })).stdout
  const first = /token ([0-9a-f]{32})\n$/.exec(await run(['up', '-d', '/texts']))?.[1]
  assert.ok(first !== undefined)
  assert.equal(await run(['up']), `up; token ${first}\n`)
  assert.equal(await readFile(env.TEXTSTREAM_TOKEN_FILE, 'utf8'), first)
  const { stderr } = await execute(startScript, ['up'], { env })
  assert.match(stderr, new RegExp(`http://localhost:4000/\\?token=${first}`))
  assert.equal(await run(['up'], { TEXTSTREAM_TOKEN: 'a-given-token' }), 'up; token a-given-token\n')
  assert.equal(await readFile(env.TEXTSTREAM_TOKEN_FILE, 'utf8'), 'a-given-token')
  assert.equal(await run(['query', 'select 1']), 'query select 1; token \n')
})

const health = (env: NodeJS.ProcessEnv) => execute(process.execPath, [join(folder, 'health.mjs')], { env })

test('a container whose up is failing is not healthy, and says why', async () => {
  await using dir = await tempDir()
  await writeFile(join(dir.path, 'token'), 'right')
  let status = 200
  const server = createServer(({ headers }, response) => {
    response.writeHead(headers.authorization === 'Bearer right' ? status : 401).end('the reason')
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  using _ = { [Symbol.dispose]: () => void server.close() }
  const env = {
    TEXTSTREAM_TOKEN_FILE: join(dir.path, 'token'),
    TEXTSTREAM_PORT: String((server.address() as AddressInfo).port),
  }
  assert.equal((await health(env)).code, 0)
  status = 503
  assert.deepEqual(await health(env), { code: 1, stdout: '', stderr: '503 the reason\n' })
})

test("what the container runs is healthy, and shows nothing to those who don't know the token", async () => {
  await using dir = await tempDir()
  const port = 4000 + (await freePortOffset(4000))
  const env = { TEXTSTREAM_TOKEN_FILE: join(dir.path, 'token'), TEXTSTREAM_PORT: String(port) }
  const inside: Readonly<Record<string, string>> = { '/texts': join(root, 'examples/texts'), '0.0.0.0': '127.0.0.1' }
  const command = (compose.services.textstream.command as string[]).map(word => inside[word] ?? word)
  const PATH = `${join(root, 'bin')}${delimiter}${process.env.PATH}`
  await using up = startProgram(startScript, command, { cwd: dir.path, env: { ...env, PATH } })
  await up.said(/(agents write to)/)
  assert.deepEqual(await health(env), { code: 0, stdout: '', stderr: '' })
  const at = `http://127.0.0.1:${port}/metrics`
  const authorization = `Bearer ${await readFile(env.TEXTSTREAM_TOKEN_FILE, 'utf8')}`
  const answers = [await fetch(at), await fetch(at, { headers: { authorization } })]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 200],
  )
})
