import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { outputOf, type Program, runProgram } from './measure.ts'

export interface ClusterJob {
  readonly chunks: string
  /** Where the clusters go, a line for each chunk. */
  readonly labels: string
  readonly k: number
  readonly seed: number
}

/** A program that clusters chunks as the old system does. */
export interface ClusterPeer {
  readonly is: string
  readonly version: (python: string) => Promise<string>
  readonly cluster: (python: string, job: ClusterJob) => Program
}

const here = import.meta.dirname
const venv = join(here, '.venv')
export const ownPython = join(venv, 'bin/python')

/** Into the bench's own Python, if it is that one which is to be used. */
export const installClusterPeers = async (python: string): Promise<void> => {
  if (python !== ownPython || existsSync(join(venv, 'bin/pyspark'))) return
  if (!existsSync(ownPython)) await runProgram({ program: 'python3', args: ['-m', 'venv', venv] })
  const packages = join(here, 'requirements-cluster.txt')
  await runProgram({ program: ownPython, args: ['-m', 'pip', 'install', '--quiet', '-r', packages] })
}

const versionOf = (name: string) => (python: string) =>
  outputOf(python, '-c', `from importlib.metadata import version; print(version("${name}"))`)

const argumentsOf = (program: string, { chunks, labels, k, seed }: ClusterJob): string[] => [
  join(here, 'peers', program),
  chunks,
  labels,
  `${k}`,
  `${seed}`,
]

const sklearn = (starts: number): ClusterPeer => ({
  is: `scikit-learn's KMeans, ${starts === 1 ? 'one start' : `the best of ${starts} starts`}`,
  version: versionOf('scikit-learn'),
  cluster: (program, job) => ({ program, args: [...argumentsOf('cluster_sklearn.py', job), `${starts}`] }),
})

const pyspark: ClusterPeer = {
  is: "the old system's pipeline on PySpark, local[2]",
  version: versionOf('pyspark'),
  cluster: (program, job) => ({ program, args: argumentsOf('cluster_pyspark.py', job) }),
}

export const clusterPeers: Readonly<Record<string, ClusterPeer>> = {
  sklearn: sklearn(1),
  'sklearn-10': sklearn(10),
  pyspark,
}
