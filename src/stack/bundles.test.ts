import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '../../test/system/textstream.ts'
import { type AskedForBundle, bundleOf } from './bundles.ts'
import type { Bundle } from './part.ts'

const program = async (path: string, script: string) => {
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
}

interface Setting {
  readonly bundle: Bundle
  readonly asked: AskedForBundle
  readonly archive: string
  readonly bytes: number[]
  /** What pip does instead. */
  readonly pipSays: (script: string) => Promise<void>
}

/** As pip finds its way: the folder behind `--dest`. */
const intoDest = 'while [ "$1" != --dest ]; do shift; done; into=$2'

/** An empty cache, an archive that holds more than is wanted of it, and a `python3` whose pip gives it. */
const settingIn = async (dir: string): Promise<Setting> => {
  const [bin, source, archive] = [join(dir, 'bin'), join(dir, 'source'), join(dir, 'things-1.tar.gz')]
  await mkdir(join(source, 'things-1/deps/jars'), { recursive: true })
  await mkdir(bin)
  await writeFile(join(source, 'things-1/deps/jars/a.jar'), 'a')
  await writeFile(join(source, 'things-1/setup.py'), 'never run')
  execFileSync('tar', ['-czf', archive, '-C', source, 'things-1'])
  const bytes: number[] = []
  const pipSays = (script: string) => program(join(bin, 'python3'), `${intoDest}\n${script}`)
  await pipSays(`cp '${archive}' "$into"`)
  return {
    bundle: {
      name: 'things',
      from: { kind: 'pypi', requirement: 'things==1' },
      file: 'things-1.tar.gz',
      sha256: createHash('sha256')
        .update(await readFile(archive))
        .digest('hex'),
      mebibytes: 1,
      keep: 'things-1/deps/jars',
    },
    asked: {
      cache: join(dir, 'cache'),
      environment: { PATH: `${bin}:/usr/bin:/bin` },
      onBytes: done => bytes.push(done),
      onWait: () => {},
    },
    archive,
    bytes,
    pipSays,
  }
}

const inCache = async ({ asked }: Setting) => (await readdir(asked.cache)).filter(name => !name.startsWith('.lock'))

test('of a bundle only what is wanted is kept, and it is downloaded once', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const folder = await bundleOf(setting.bundle, setting.asked)
  assert.deepEqual(await readdir(folder, { recursive: true }), ['jars', 'jars/a.jar'])
  assert.deepEqual([setting.bytes[0], setting.bytes.at(-1)], [0, 1024 * 1024])
  await setting.pipSays('exit 1')
  assert.equal(await bundleOf(setting.bundle, setting.asked), folder)
  assert.deepEqual(await inCache(setting), [folder.split('/').at(-1)])
})

test('by Maven, too: one artifact, as it was published', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const find = `for word; do case $word in -DoutputDirectory=*) into=\${word#*=} ;; -Dartifact=g:things:1) ok=1 ;; esac; done`
  await program(
    join(dir.path, 'bin/mvn'),
    `${find}\n[ -n "$ok" ] && mkdir -p "$into" && cp '${setting.archive}' "$into"`,
  )
  await program(join(dir.path, 'bin/java'), `echo 'openjdk version "17.0.1"' >&2`)
  const bundle: Bundle = { ...setting.bundle, from: { kind: 'maven', artifact: 'g:things:1' } }
  const folder = await bundleOf(bundle, setting.asked)
  assert.deepEqual(await readdir(folder), ['jars'])
})

const faults: Record<string, [pip: string, code: string, message: RegExp]> = {
  'a file that is not the pinned one': [
    'echo evil > "$into/things-1.tar.gz"',
    'stack/jars',
    /not the one that was pinned/,
  ],
  'what pip itself finds to be another one': [
    'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1',
    'stack/jars',
    /not what was pinned/,
  ],
  'a Python without pip': [
    'echo "/usr/bin/python3: No module named pip" >&2; exit 1',
    'stack/missing',
    /apt-get install -y python3-pip/,
  ],
  'no network': [
    'echo "WARNING: Retrying: Temporary failure in name resolution" >&2; echo "ERROR: No matching distribution" >&2; exit 1',
    'stack/unreachable',
    /name resolution; is there internet\? .*pip\.conf/,
  ],
  'a full disk': [
    'echo "ERROR: Could not install: [Errno 28] No space left on device" >&2; exit 1',
    'stack/disk-full',
    /make room/,
  ],
  'a pip that was killed': ['kill -9 $$', 'stack/pip', /was ended/],
}

for (const [what, [script, code, message]] of Object.entries(faults)) {
  test(`${what} is an error, and nothing of it is kept`, async () => {
    await using dir = await tempDir()
    const setting = await settingIn(dir.path)
    await setting.pipSays(script)
    await assert.rejects(bundleOf(setting.bundle, setting.asked), { code, message })
    assert.deepEqual(await inCache(setting), [])
  })
}

test('without Python it says which command installs it', async () => {
  await using dir = await tempDir()
  const { bundle, asked } = await settingIn(dir.path)
  await assert.rejects(bundleOf(bundle, { ...asked, environment: { PATH: '' } }), {
    code: 'stack/missing',
    message: /no "python3" on the PATH; install it: .*python3-pip/,
  })
})

test('an archive without what is wanted is an error', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const bundle = { ...setting.bundle, keep: 'things-1/lib' }
  await assert.rejects(bundleOf(bundle, setting.asked), { code: 'stack/unpack', message: /unpack "things-1\.tar\.gz"/ })
  assert.deepEqual(await inCache(setting), [])
})
