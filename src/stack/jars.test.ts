import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaSkip } from '../../test/system/kafka-broker.ts'
import { tempDir } from '../../test/system/textstream.ts'
import { type Asked, jarsOf } from './jars.ts'
import { failureOf } from './maven.ts'
import { installations, type Place, placeOf } from './place.ts'

const needsMaven = await kafkaSkip()

const jars: Record<string, string> = { 'a-1.jar': 'first', 'b-2.jar': 'second' }
const digest = (text: string) => createHash('sha256').update(text).digest('hex')
const pinned = Object.entries(jars).map(([name, text]) => `${digest(text)}  ${name}\n`)

const program = async (path: string, script: string) => {
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
}

/** Gives the two jars, as Maven would; `before` comes first, `after` last. Counts how often it was asked. */
const givingJars = (calls: string, before = '', after = '') => `echo called >> '${calls}'
for word; do case $word in -DoutputDirectory=*) into=\${word#*=} ;; esac; done
${before}
printf first > "$into/a-1.jar"
echo "[INFO] Downloaded from central: https://repo/b-2.jar (6 B at 1 kB/s)"
printf second > "$into/b-2.jar"
${after}`

interface Setting {
  readonly place: Place
  readonly asked: Asked
  readonly calls: string
  readonly progress: string[]
  readonly mavenSays: (script: string) => Promise<void>
}

/** An empty cache, a part with two jars, and a PATH whose `mvn` does what the test says. */
const settingIn = async (dir: string): Promise<Setting> => {
  const installation = join(dir, 'installation')
  const path = join(dir, 'bin')
  await mkdir(installation)
  await mkdir(path)
  await writeFile(join(installation, 'pom.xml'), '<project/>')
  await writeFile(join(installation, 'jars.sha256'), pinned.join(''))
  await program(join(path, 'java'), `echo 'openjdk version "17.0.1"' >&2`)
  const calls = join(dir, 'calls')
  const mavenSays = (script: string) => program(join(path, 'mvn'), script)
  await mavenSays(givingJars(calls))
  const progress: string[] = []
  const asked: Asked = {
    cache: join(dir, 'cache'),
    environment: { PATH: `${path}:/usr/bin:/bin` },
    onProgress: (done, total) => progress.push(`${done}/${total}`),
    onWait: () => progress.push('waits'),
  }
  return { place: { ...placeOf({ state: dir }, 'small'), installation }, asked, calls, progress, mavenSays }
}

const callsIn = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).split('\n').length - 1
const inCache = async ({ asked }: Setting) =>
  (await readdir(asked.cache)).filter(name => !name.startsWith('.lock')).sort()

test('jars are downloaded once, counted as they come, and used without Maven from then on', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const folder = (await jarsOf(setting.place, setting.asked))!
  assert.deepEqual((await readdir(folder)).sort(), Object.keys(jars))
  assert.deepEqual(setting.progress, ['0/2', '1/2', '2/2'])
  const offline = { ...setting.asked, environment: { PATH: '' } }
  assert.equal(await jarsOf(setting.place, offline), folder)
  assert.equal(await callsIn(setting.calls), 1)
})

test('two at once download once, and the second one waits', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  await setting.mavenSays(givingJars(setting.calls, 'sleep 0.3'))
  const both = await Promise.all([jarsOf(setting.place, setting.asked), jarsOf(setting.place, setting.asked)])
  assert.equal(both[0], both[1])
  assert.equal(await callsIn(setting.calls), 1)
  assert.ok(setting.progress.includes('waits'))
})

test('another pom is another folder', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  const before = await jarsOf(setting.place, setting.asked)
  await writeFile(join(setting.place.installation, 'pom.xml'), '<project><!-- newer --></project>')
  assert.notEqual(await jarsOf(setting.place, setting.asked), before)
  assert.equal((await inCache(setting)).length, 2)
})

const faults: Record<string, [before: string, after: string, code: string, message: RegExp]> = {
  'a jar that is not the pinned one': ['', 'printf evil > "$into/b-2.jar"', 'stack/jars', /"b-2\.jar" is not the one/],
  'a jar that is cut': ['', 'printf sec > "$into/b-2.jar"', 'stack/jars', /"b-2\.jar" is not the one/],
  'a jar that is missing': ['', 'rm "$into/a-1.jar"', 'stack/jars', /"a-1\.jar" is missing/],
  'a jar too many': ['', 'touch "$into/c-3.jar"', 'stack/jars', /"c-3\.jar" came, and is not among the pinned/],
  'a Maven that fails': ['echo "[ERROR] bad pom"; exit 1', '', 'stack/maven', /it ended with 1: bad pom/],
  'a Maven that only complains on stderr': ['echo "no heap" >&2; exit 1', '', 'stack/maven', /no heap/],
  'a Maven that was killed': ['kill -9 $$', '', 'stack/maven', /was ended/],
}

for (const [what, [before, after, code, message]] of Object.entries(faults)) {
  test(`${what} is an error, and nothing of it is kept`, async () => {
    await using dir = await tempDir()
    const setting = await settingIn(dir.path)
    await setting.mavenSays(givingJars(setting.calls, before, after))
    await assert.rejects(jarsOf(setting.place, setting.asked), { code, message })
    assert.deepEqual(await inCache(setting), [])
  })
}

const downloading = (setting: Setting) => `
import { jarsOf } from '${import.meta.resolve('./jars.ts')}'
const asked = { ...${JSON.stringify(setting.asked)}, onProgress() {}, onWait() {} }
await jarsOf(${JSON.stringify(setting.place)}, asked)`

test('a download that was killed leaves nothing that passes for jars, and the next one clears up', async () => {
  await using dir = await tempDir()
  const setting = await settingIn(dir.path)
  await setting.mavenSays(givingJars(setting.calls, 'printf fir > "$into/a-1.jar"; sleep 1'))
  const child = spawn(process.execPath, ['--input-type=module', '-e', downloading(setting)], { stdio: 'inherit' })
  while ((await callsIn(setting.calls)) === 0) await new Promise(resolve => setTimeout(resolve, 10))
  child.kill('SIGKILL')
  await once(child, 'exit')
  const [left, ...more] = await inCache(setting)
  assert.match(left, /^\.small\./)
  assert.deepEqual(more, [])
  await setting.mavenSays(givingJars(setting.calls))
  const folder = (await jarsOf(setting.place, setting.asked))!
  assert.equal(await readFile(join(folder, 'a-1.jar'), 'utf8'), 'first')
  assert.deepEqual(await inCache(setting), [folder.split('/').at(-1)])
})

const said: Record<string, [line: string, code: string]> = {
  'a host that is not known': [
    '[ERROR] x: repo.maven.apache.org: Unknown host repo.maven.apache.org -> [Help 1]',
    'stack/unreachable',
  ],
  'a name that cannot be resolved': ['[ERROR] x: Temporary failure in name resolution', 'stack/unreachable'],
  'a connection that is refused': ['[ERROR] Connect to localhost:1 failed: Connection refused', 'stack/unreachable'],
  'a connection that hangs': ['[ERROR] transfer failed: Connect timed out', 'stack/unreachable'],
  'a full disk': ['[ERROR] /x/y.jar: No space left on device -> [Help 1]', 'stack/disk-full'],
  'a version that does not exist': ['[ERROR] Could not find artifact a:b:jar:1 in central', 'stack/maven'],
}

for (const [what, [line, code]] of Object.entries(said)) {
  test(`Maven's words about ${what} become an error with what to do`, () => {
    const error = failureOf(['[INFO] Scanning', line, '[ERROR] Re-run Maven using the -X switch'], 'it ended with 1')
    assert.equal(error.code, code)
    assert.doesNotMatch(error.message, /Help 1/)
  })
}

const kafkaPlace = { ...placeOf({ state: '/nowhere' }, 'kafka'), installation: join(installations, 'kafka') }

const askedForReal = (cache: string, more: NodeJS.ProcessEnv = {}): Asked => ({
  cache,
  environment: { ...process.env, ...more },
  onProgress: () => {},
  onWait: () => {},
})

test('without a network the real Maven fails soon, and says what to do', { skip: needsMaven }, async () => {
  await using dir = await tempDir()
  const MAVEN_OPTS = `-Dmaven.repo.local=${dir.path}/empty -Djdk.net.hosts.file=/dev/null`
  const refusal = await jarsOf(kafkaPlace, askedForReal(join(dir.path, 'cache'), { MAVEN_OPTS })).catch(
    thrown => thrown,
  )
  assert.equal(refusal.code, 'stack/unreachable', refusal.message)
  assert.match(refusal.message, /resolve host repo\.maven\.apache\.org.*is there internet\? .*settings\.xml/)
})

const mountSmall = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('on a full disk the real Maven fails, and nothing is left there', { skip: needsMaven }, async t => {
  await using dir = await tempDir()
  const small = join(dir.path, 'small')
  await mkdir(small)
  if (!mountSmall(small)) return t.skip('needs to mount a small tmpfs')
  try {
    await assert.rejects(jarsOf(kafkaPlace, askedForReal(small)), {
      code: 'stack/disk-full',
      message: /No space left on device; make room and start again$/,
    })
    assert.deepEqual(await readdir(small), ['.lock'])
  } finally {
    execFileSync('umount', [small])
  }
})
