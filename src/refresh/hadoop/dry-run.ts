import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { basename, dirname } from 'node:path/posix'
import type { Hdfs } from '../../wire/hdfs.ts'
import { findOnHdfs, type OnHdfs } from '../hdfs-inputs.ts'
import type { Input } from '../inputs.ts'
import { openAll } from '../topic-inputs.ts'
import { streamingArguments } from './job.ts'
import { filesIn, plainTmpdir } from './local-files.ts'
import { hdfsOf, inName, type Plan, planOf } from './plan.ts'
import type { HadoopSetting } from './setting.ts'
import { commandLine, quoted } from './shell.ts'
import { checkName } from './sources.ts'
import { stagingFolderOf } from './staging.ts'

export interface DryRun {
  readonly inputs: readonly string[]
  readonly hdfs?: readonly OnHdfs[]
  readonly out: string | OnHdfs
  readonly attempts?: boolean
}

/** Links under the names that the job knows, copied as a whole. */
const uploads = (inputs: readonly Input[], { hdfs, staging }: Plan, dir: string): string[] => {
  const here = inputs.flatMap((input, i) => {
    if (input.hdfs !== undefined) return []
    const to = quoted(join(dir, 'in', inName(i)))
    if (input.packed === undefined) return [`ln -s ${quoted(resolve(input.path))} ${to}`]
    return [`# ${JSON.stringify(input.name)} has to lie in ${to}, unpacked, before the next line`]
  })
  if (here.length === 0) return []
  const folder = quoted(join(dir, 'in'))
  return [`mkdir ${folder}`, ...here, `textstream hdfs put ${folder}/* ${quoted(`${hdfs.name}${staging}/in`)}`]
}

const end = 'END_OF_INPUTS'

/** Local output: the job's own is brought here. On HDFS it lies beside what it will replace. */
const outOf = (out: string | OnHdfs, id: string): { out: string; outOn?: Hdfs } => {
  if (typeof out === 'string') return { out }
  const folder = dirname(out.path) === '/' ? '' : dirname(out.path)
  return { out: `${folder}/.${basename(out.path)}.run-${id}`, outOn: out.hdfs }
}

/** A script for a shell that does what the job does of a refresh: all but listings, receipt, and taking the output's place. */
export const dryRun = async (
  setting: HadoopSetting,
  { inputs: names, hdfs: places = [], out, attempts = false }: DryRun,
) => {
  const scratch = await mkdtemp(join(tmpdir(), 'textstream-refresh-'))
  try {
    const id = randomBytes(6).toString('hex')
    const inputs = await openAll(names, [], scratch, await findOnHdfs(places))
    for (const input of inputs) checkName(input)
    const wanted = { inputs, attempts, ...outOf(out, id) }
    const hdfs = hdfsOf(wanted, setting.hdfs)
    const staging = `${stagingFolderOf(setting.user)}/by-hand-${id}`
    const cluster = await setting.yarn?.size()
    const plan = planOf(wanted, { ...setting, id, hdfs, staging, cluster })
    const dir = join(plainTmpdir(), `textstream-hadoop-${id}`)
    const files = filesIn(dir)
    const { environment, command, before } = setting.client
    return [
      `mkdir ${quoted(dir)}`,
      `cp ${quoted(await setting.task())} ${quoted(files.task)}`,
      `cp ${quoted(await setting.jar())} ${quoted(files.jar)}`,
      `cat > ${quoted(files.inputs)} <<'${end}'`,
      JSON.stringify(plan.listed),
      end,
      ...uploads(inputs, plan, dir),
      commandLine(environment, command, [...before, ...streamingArguments({ ...plan.job, ...files })]),
      `# It leaves the documents in ${quoted(plan.job.output)}, with parts of the listings beside them.`,
      '',
    ].join('\n')
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
