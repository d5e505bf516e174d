import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '../../test/system/textstream.ts'
import { findJava, findMaven, majorOf } from './installed.ts'

const versions: Record<string, number> = { '17.0.15': 17, '1.8.0_402': 8, '21': 21, '11.0.2+9': 11, '25-ea': 25 }

for (const [version, major] of Object.entries(versions)) {
  test(`Java ${version} is ${major}`, () => assert.equal(majorOf(version), major))
}

const program = async (path: string, script: string) => {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
}

const saying = (version: string) => `echo 'openjdk version "${version}" 2025-01-01' >&2`

test('the Java of JAVA_HOME comes before that of the PATH', async () => {
  await using dir = await tempDir()
  await program(join(dir.path, 'home/bin/java'), saying('21.0.1'))
  await program(join(dir.path, 'path/java'), saying('17.0.1'))
  const environment = { PATH: join(dir.path, 'path'), JAVA_HOME: join(dir.path, 'home') }
  assert.equal((await findJava(environment)).version, '21.0.1')
  assert.equal((await findJava({ PATH: environment.PATH })).version, '17.0.1')
})

const install = /install it: .*apt-get install -y openjdk-17-jdk-headless|install it: brew install openjdk@17/

const unfit: Record<string, [script: string | undefined, why: RegExp]> = {
  'is not there': [undefined, /there is no "java" on the PATH/],
  'is too old': [saying('11.0.2'), /java" is 11\.0\.2/],
  'is of the time before 9': [saying('1.8.0_402'), /java" is 1\.8\.0_402/],
  'is only a stub, as on a new Mac': ['exit 1', /java -version" fails/],
  'says nothing': ['true', /is of no known version/],
}

for (const [how, [script, why]] of Object.entries(unfit)) {
  test(`a Java that ${how} is named, with the command that installs one`, async () => {
    await using dir = await tempDir()
    if (script !== undefined) await program(join(dir.path, 'java'), script)
    const refusal = await findJava({ PATH: dir.path }).catch(thrown => thrown)
    assert.equal(refusal.code, 'stack/missing')
    assert.match(refusal.message, why)
    assert.match(refusal.message, install)
  })
}

test('a JAVA_HOME without a java is named', async () => {
  await assert.rejects(findJava({ PATH: process.env.PATH, JAVA_HOME: '/nowhere' }), /JAVA_HOME, which is "\/nowhere"/)
})

test('a missing Maven is named, with the command that installs it', async () => {
  await assert.rejects(
    findMaven({ PATH: '/nowhere' }),
    /no "mvn" on the PATH; install it: .*(apt-get|brew) install (-y )?maven/,
  )
})
