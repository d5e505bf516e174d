import { chmod, glob, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { HadoopHere } from '../src/stack/hadoop/here.ts'
import { StreamError } from '../src/std/error.ts'
import type { Program } from './measure.ts'
import { installMrjob, python } from './peers.ts'

/** A program that rebuilds the documents of a log on HDFS by MapReduce. */
export interface HadoopPeer {
  readonly is: string
  readonly prepare: () => Promise<void>
  /** Leaves a table of documents, `"uri" TAB "text"`, in the file `table`. */
  readonly refresh: (cluster: Cluster, log: string, table: string) => Program
}

export interface Cluster {
  readonly here: HadoopHere
  /** Holds a program `hadoop`. */
  readonly bin: string
  readonly streamingJar: string
  /** A folder on HDFS for this run's output. */
  readonly out: string
  readonly reducers: number
}

const peers = join(import.meta.dirname, 'peers')
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** The jar of the stack's Hadoop, as mrjob and people name it. */
const streamingJarOf = async ({ javaOptions }: HadoopHere): Promise<string> => {
  const lib = javaOptions
    .at(-1)!
    .split(':')
    .find(path => path.endsWith('/*'))!
    .slice(0, -2)
  for await (const name of glob('hadoop-streaming-*.jar', { cwd: lib })) return join(lib, name)
  throw new StreamError('bench/usage', `no hadoop-streaming jar in "${lib}"`)
}

/** What a person's `hadoop` does of what is asked for here, with the stack's jars and its quick start of the JVM. */
const hadoopScript = ({ conf, java, javaOptions }: HadoopHere) => `#!/bin/sh
case $1 in
  fs) main=org.apache.hadoop.fs.FsShell ;;
  jar) main=org.apache.hadoop.util.RunJar ;;
  version) main=org.apache.hadoop.util.VersionInfo ;;
  *) echo "hadoop: no $1 here" >&2; exit 2 ;;
esac
shift
export HADOOP_CONF_DIR=${quoted(conf)}
exec ${[java, ...javaOptions].map(quoted).join(' ')} -Dhadoop.root.logger=INFO,console "$main" "$@"
`

export const openCluster = async (here: HadoopHere, bin: string, out: string, reducers: number): Promise<Cluster> => {
  const script = join(bin, 'hadoop')
  await writeFile(script, hadoopScript(here))
  await chmod(script, 0o755)
  return { here, bin, streamingJar: await streamingJarOf(here), out, reducers }
}

const jobConf = (flag: string, { reducers }: Cluster) => [flag, `mapreduce.job.reduces=${reducers}`]

const mrjob: HadoopPeer = {
  is: "the old system's job on mrjob 0.7.4, -r hadoop; only its table is brought back, not files",
  prepare: installMrjob,
  refresh: (cluster, log, table) => ({
    program: python,
    args: [
      join(peers, 'mrjob_refresh.py'),
      ...['--no-conf', '--quiet', '-r', 'hadoop', '--hadoop-bin', join(cluster.bin, 'hadoop')],
      ...['--hadoop-streaming-jar', cluster.streamingJar, '--no-bootstrap-mrjob', '--python-bin', python],
      ...['--hadoop-tmp-dir', `${cluster.out}/mrjob`, ...jobConf('--jobconf', cluster), log],
    ],
    stdout: table,
  }),
}

/** The job, and its table brought back: what a person types. */
const streaming: HadoopPeer = {
  is: 'Hadoop Streaming with a mapper and a reducer in plain Python; its table brought back',
  prepare: async () => {},
  refresh: (cluster, log, table) => {
    const script = join(peers, 'streaming.py')
    const hadoop = quoted(join(cluster.bin, 'hadoop'))
    const out = `${cluster.out}/streaming`
    const job = [hadoop, 'jar', quoted(cluster.streamingJar), ...jobConf('-D', cluster), '-files', quoted(script)]
    const name = basename(script)
    const tasks = ['-mapper', quoted(`python3 ${name} map`), '-reducer', quoted(`python3 ${name} reduce`)]
    const run = [...job, ...tasks, '-input', log, '-output', out].join(' ')
    const script2 = `${hadoop} fs -rm -r -f -skipTrash ${out} && ${run} && ${hadoop} fs -cat ${out}/part-'*'`
    return { program: 'sh', args: ['-c', script2], stdout: table }
  },
}

export const hadoopPeers: Readonly<Record<string, HadoopPeer>> = { mrjob, streaming }
