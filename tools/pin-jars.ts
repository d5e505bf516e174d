/** Writes installations/PART/jars.sha256 anew: what the part's pom resolves to now. `node tools/pin-jars.ts kafka` */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findJava, findMaven } from '../src/stack/installed.ts'
import { copyJars } from '../src/stack/maven.ts'
import { installations } from '../src/stack/place.ts'

const part = process.argv[2]
const folder = join(installations, part)
const into = mkdtempSync(join(tmpdir(), 'textstream-jars-'))
try {
  const [maven, { path: java }] = [await findMaven(process.env), await findJava(process.env)]
  const pom = join(folder, 'pom.xml')
  await copyJars({
    pom,
    maven,
    java,
    into,
    environment: process.env,
    onLine: line => process.stderr.write(`${line}\n`),
  })
  const digest = (jar: string) =>
    createHash('sha256')
      .update(readFileSync(join(into, jar)))
      .digest('hex')
  const lines = readdirSync(into)
    .filter(name => name.endsWith('.jar'))
    .sort()
    .map(jar => `${digest(jar)}  ${jar}\n`)
  writeFileSync(join(folder, 'jars.sha256'), lines.join(''))
} finally {
  rmSync(into, { recursive: true, force: true })
}
