import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '../../test/system/textstream.ts'
import { type Archiving, archiveOf } from './archive.ts'
import { type Place, placeOf } from './place.ts'

/** Says its version, and makes the archive from its list of classes. */
const java = `for word; do case $word in
  -XX:SharedClassListFile=*) list=\${word#*=} ;;
  -XX:SharedArchiveFile=*) archive=\${word#*=} ;;
  -XshowSettings*) printf '    java.home = %s\\n    java.runtime.version = 17.0.1+12 Debian\\n' "$(dirname "$0")" >&2 ;;
esac; done
echo 'openjdk version "17.0.1"' >&2`

interface Setting {
  readonly place: Place
  readonly lib: string
  readonly asked: Archiving
  readonly told: string[]
  readonly archive: () => Promise<string>
}

const settingIn = async (dir: string, dump = 'cat "$list" > "$archive"'): Promise<Setting> => {
  const [installation, cache, lib] = ['installation', 'cache', 'cache/small-1'].map(name => join(dir, name))
  for (const folder of [installation, lib]) await mkdir(folder, { recursive: true })
  await writeFile(join(installation, 'classes.lst'), 'a/B\n')
  await writeFile(join(dir, 'java'), `#!/bin/sh\n${java}\n[ -z "\${archive:-}" ] || ${dump}\n`)
  await chmod(join(dir, 'java'), 0o755)
  const told: string[] = []
  const asked: Archiving = {
    cache,
    environment: { PATH: dir },
    onProgress: () => {},
    onWait: () => {},
    onArchive: (version, failed) => told.push(failed === undefined ? version : `failed: ${failed}`),
  }
  const place = { ...placeOf({ state: dir }, 'small'), installation }
  return { place, lib, asked, told, archive: () => archiveOf(place, lib, asked) }
}

const inCache = async ({ asked }: Setting) =>
  (await readdir(asked.cache)).filter(name => !name.startsWith('.lock')).sort()

test('classes are archived once for each Java, under its full version', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const [first, second] = [await setting.archive(), await setting.archive()]
  assert.equal(second, first)
  assert.match(basename(first), /^small-1-[0-9a-f]{8}-java-17\.0\.1\+12_Debian\.jsa$/)
  assert.equal(await readFile(first, 'utf8'), 'a/B\n')
  assert.deepEqual(setting.told, ['17.0.1'])
  assert.deepEqual(await inCache(setting), ['small-1', basename(first)])
})

test('another list is another archive', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const first = await setting.archive()
  await writeFile(join(setting.place.installation, 'classes.lst'), 'a/B\na/C\n')
  assert.notEqual(await setting.archive(), first)
})

test('without a list nothing is archived', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const place = { ...setting.place, installation: dir.path }
  await archiveOf(place, setting.lib, setting.asked)
  assert.deepEqual([setting.told, await inCache(setting)], [[], ['small-1']])
})

test('a Java that cannot make it is told of, leaves nothing half, and keeps nobody from starting', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path, '{ echo half > "$archive"; echo no space >&2; exit 1; }')
  await setting.archive()
  assert.match(setting.told[1], /^failed: .*no space/s)
  assert.deepEqual(await inCache(setting), ['small-1'])
})
