import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { execute, root, tempDir } from './textstream.ts'

const npm = async (args: readonly string[], cwd: string) => {
  const ran = await execute('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd })
  assert.equal(ran.code, 0, `npm ${args.join(' ')}: ${ran.stderr}`)
  return ran.stdout
}

const packed = async (into: string): Promise<string> => {
  await npm(['pack', '--pack-destination', into], root)
  return join(into, (await readdir(into)).find(name => name.endsWith('.tgz'))!)
}

/** What a stranger has: the system's programs and nothing of this checkout. Debian's own node may be an old one. */
const strange = { PATH: '/usr/local/bin:/usr/bin:/bin' }

const registryAnswers = async () => (await execute('npm', ['view', 'commander', 'version'])).code === 0

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
  const { version } = JSON.parse(await npm(['pkg', 'get', 'version', '--json'], root).then(v => `{"version":${v}}`))
  assert.equal((await textstream('--version')).stdout, `${version}\n`)
  const { code, stderr } = await textstream('demo', '--dir', 'demo')
  assert.equal(code, 0, stderr)

  const shipped = await readdir(join(empty, 'node_modules/textstream'), { recursive: true })
  assert.deepEqual(
    shipped.filter(name => name.endsWith('.ts') || name.includes('.test.')),
    [],
  )
})
