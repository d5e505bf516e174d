import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isBuilt } from '../../src/wire/spark-connect/built.ts'
import { execute, root, tempDir } from './textstream.ts'

/** npm finds its registry and its certificates by the environment, but not the checkout that it was started for. */
const npmEnvironment = { ...process.env, npm_config_local_prefix: undefined }

const npm = async (args: readonly string[], cwd: string): Promise<void> => {
  const all = [...args, '--no-audit', '--no-fund', '--loglevel=error']
  const ran = await execute('npm', all, { cwd, env: npmEnvironment })
  assert.equal(ran.code, 0, `npm ${args.join(' ')}: ${ran.stderr}${ran.stdout}`)
}

const packed = async (into: string): Promise<string> => {
  await npm(['pack', '--pack-destination', into], root)
  return join(into, (await readdir(into)).find(name => name.endsWith('.tgz'))!)
}

/** What a stranger has: the system's programs and nothing of this checkout. Debian's own node may be an old one. */
const strange = { PATH: '/usr/local/bin:/usr/bin:/bin' }

const registryAnswers = async () => {
  const asked = ['view', 'commander', 'version', '--fetch-retries=0', '--fetch-timeout=5000']
  return (await execute('npm', asked, { env: npmEnvironment })).code === 0
}

test('the packed tarball installs in an empty folder, links its command, and runs the demo', async t => {
  if (!(await registryAnswers())) return t.skip('needs the npm registry')
  await using dir = await tempDir()
  const tarball = await packed(dir.path)
  const empty = join(dir.path, 'empty')
  await mkdir(empty)
  await writeFile(join(empty, 'package.json'), '{"private":true}')
  await npm(['install', '--prefer-offline', tarball], empty)

  const textstream = (...args: string[]) =>
    execute(join(empty, 'node_modules/.bin/textstream'), args, { cwd: empty, env: strange })
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  assert.equal((await textstream('--version')).stdout, `${version}\n`)
  const { code, stderr } = await textstream('demo', '--dir', 'demo')
  assert.equal(code, 0, stderr)

  const shipped = await readdir(join(empty, 'node_modules/textstream'), { recursive: true })
  assert.deepEqual(
    shipped.filter(name => name.endsWith('.ts') || name.includes('.test.')),
    [],
  )
  assert.equal(shipped.includes('dist/wire/spark-connect/gen/spark/connect/base_pb.js'), isBuilt())
  assert.ok(shipped.includes('dist/refresh/hadoop/task.mjs'))
  assert.ok(shipped.includes('dist/page/index.html'))
  assert.ok(shipped.includes('installations/hadoop/streaming/pom.xml'))
})
