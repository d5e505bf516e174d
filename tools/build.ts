/**
 * src/*.ts → dist/*.js, for the package that npm ships: Node strips no types under node_modules. Run by `npm pack`.
 * A worker's URL ends like the URL of the file that starts it, so that it is found in both.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
rmSync(join(root, 'dist'), { recursive: true, force: true })
const tsc = join(root, 'node_modules/.bin/tsc')
const { status, error } = spawnSync(tsc, ['-p', join(import.meta.dirname, 'tsconfig.build.json')], { stdio: 'inherit' })
if (error !== undefined) throw error
process.exitCode = status ?? 1
