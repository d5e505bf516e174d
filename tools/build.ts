/**
 * src/*.ts → dist/*.js, for the package that npm ships: Node strips no types under node_modules. Run by `npm pack`.
 * A worker's URL ends like the URL of the file that starts it, so that it is found in both. The program that runs on a
 * Hadoop cluster becomes one file, since only it is sent there. The page becomes files as a browser takes them.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleTask } from '../src/refresh/hadoop/bundle.ts'
import { buildPage } from './build-page.ts'

const root = join(import.meta.dirname, '..')
const gen = 'wire/spark-connect/gen'

const compile = () => {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const args = ['-p', join(import.meta.dirname, 'tsconfig.build.json')]
  const { status, error } = spawnSync(tsc, args, { stdio: 'inherit' })
  if (error !== undefined) throw error
  return status ?? 1
}

/** What is generated is JavaScript already. A package for trying may lack it, one for others may not. */
const copyGenerated = () => {
  const from = join(root, 'src', gen)
  if (existsSync(from)) {
    cpSync(from, join(root, 'dist', gen), { recursive: true, filter: path => !path.endsWith('.d.ts') })
    return 0
  }
  process.stderr.write('build: without the Spark Connect client; npm run build:spark makes it\n')
  return process.env.npm_command === 'publish' ? 1 : 0
}

rmSync(join(root, 'dist'), { recursive: true, force: true })
process.exitCode = compile() || copyGenerated()
writeFileSync(join(root, 'dist/refresh/hadoop/task.mjs'), await bundleTask(join(root, 'src/refresh/hadoop/task.ts')))
cpSync(await buildPage(), join(root, 'dist/page'), { recursive: true })
