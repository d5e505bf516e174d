/** The program that Hadoop Streaming runs: `map`, or `reduce` with or without `--attempts` and `--joined`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errnoOf, StreamError } from '../../std/error.ts'
import { mapTask } from './map-task.ts'
import { reduceTask } from './reduce-task.ts'
import { tellHadoop } from './tell.ts'

const input = 0
const output = 1
const tell = tellHadoop(line => void process.stderr.write(line))

const map = () => mapTask({ input, output, inputs: JSON.parse(readFileSync('inputs.json', 'utf8')), tell })

const reduce = () => {
  const partition = Number(process.env.mapreduce_task_partition)
  if (!Number.isInteger(partition)) throw new Error('mapreduce_task_partition is not set: run this by Hadoop Streaming')
  const folder = mkdtempSync(join(tmpdir(), 'textstream-reduce-'))
  try {
    const [attempts, joined] = ['--attempts', '--joined'].map(flag => process.argv.includes(flag))
    reduceTask({ input, output, partition, attempts, joined, folder, tell })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const tasks: Readonly<Record<string, () => void>> = { map, reduce }

try {
  const task = tasks[process.argv[2]]
  if (task === undefined) throw new StreamError('hadoop/usage', `task ${process.argv[2]}: it is map or reduce`)
  task()
} catch (thrown) {
  // Hadoop could not write what it read from us; it says why once we have ended well.
  if (errnoOf(thrown) === 'EPIPE') process.exit(0)
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const stack = error instanceof StreamError ? '' : `${error.stack}\n`
  process.stderr.write(`textstream: ${error.message}\n${stack}`)
  process.exitCode = 1
}
