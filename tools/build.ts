/**
 * src/*.ts → dist/*.js, for the package that npm ships: Node strips no types under node_modules. Run by `npm pack`.
 * A worker's URL ends like the URL of the file that starts it, so that it is found in both. The program that runs on a
 * Hadoop cluster becomes one file, since only it is sent there. The page becomes files as a browser takes them.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleTask } from '../src/refresh/hadoop/bundle.ts'
import { buildPage } from './build-page.ts'

const root = join(import.meta.dirname, '..')
rmSync(join(root, 'dist'), { recursive: true, force: true })
const tsc = join(root, 'node_modules/.bin/tsc')
const { status, error } = spawnSync(tsc, ['-p', join(import.meta.dirname, 'tsconfig.build.json')], { stdio: 'inherit' })
if (error !== undefined) throw error
writeFileSync(join(root, 'dist/refresh/hadoop/task.mjs'), await bundleTask(join(root, 'src/refresh/hadoop/task.ts')))
cpSync(await buildPage(), join(root, 'dist/page'), { recursive: true })
process.exitCode = status ?? 1
