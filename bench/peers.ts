import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamError } from '../src/std/error.ts'
import type { Expected } from './manifest.ts'
import { outputOf, type Program, runProgram } from './measure.ts'
import { unpackTable } from './unpack.ts'

/** A program that does what `textstream refresh` does, or less. */
export interface Peer {
  readonly is: string
  /** Installs what it needs, if that is not there. */
  readonly prepare: () => Promise<void>
  readonly version: () => Promise<string>
  readonly refresh: (log: string, out: string) => Program
  /** Puts each document into a file of its own, for the verifier; not measured. */
  readonly unpack?: (out: string) => Promise<void>
  /** How it names a document's file; otherwise as in the manifest. */
  readonly fileOf?: (document: Expected) => string
}

const here = import.meta.dirname
const venv = join(here, '.venv')
export const python = join(venv, 'bin/python')
const spikePath = join(here, '../../shared/spikes/refresh.mjs')
const tableName = '_documents.tsv'

const installDuckdb = async () => {
  if (existsSync(join(here, 'node_modules/@duckdb'))) return
  await runProgram({ program: 'npm', args: ['ci', '--ignore-scripts', '--prefix', here] })
}

export const installMrjob = async () => {
  if (existsSync(join(venv, 'bin/mrjob'))) return
  await runProgram({ program: 'python3', args: ['-m', 'venv', venv] })
  const packages = join(here, 'requirements.txt')
  await runProgram({ program: python, args: ['-m', 'pip', 'install', '--quiet', '-r', packages] })
}

const checkSpike = async () => {
  if (!existsSync(spikePath)) throw new StreamError('bench/usage', `the spike is not there: no "${spikePath}"`)
}

const duckdbVersion = async () =>
  JSON.parse(await readFile(join(here, 'package.json'), 'utf8')).dependencies['@duckdb/node-api']

const duckdb: Peer = {
  is: "DuckDB's Node API, one query, all cores",
  prepare: installDuckdb,
  version: duckdbVersion,
  refresh: (log, out) => ({ program: process.execPath, args: [join(here, 'peers/duckdb.mjs'), log, out] }),
}

const mrjob: Peer = {
  is: "the old system's job on mrjob, inline; only its table is written, not the files",
  prepare: installMrjob,
  version: async () => `0.7.4, ${await outputOf(python, '--version')}`,
  refresh: (log, out) => ({
    program: python,
    args: [join(here, 'peers/mrjob_refresh.py'), '--no-conf', '--quiet', '-r', 'inline', log],
    stdout: join(out, tableName),
  }),
  unpack: out => unpackTable(join(out, tableName), out),
}

const plainPython: Peer = {
  is: 'a dictionary in Python',
  prepare: async () => {},
  version: () => outputOf('python3', '--version'),
  refresh: (log, out) => ({ program: 'python3', args: [join(here, 'peers/plain.py'), log, out] }),
}

const spike: Peer = {
  is: 'the spike: no digests, no receipt, no atomic publishing',
  prepare: checkSpike,
  version: async () => 'as it lies there',
  refresh: (log, out) => ({ program: process.execPath, args: [spikePath, log, out] }),
  fileOf: ({ uri }) => uri.slice(1),
}

export const peers: Readonly<Record<string, Peer>> = { duckdb, mrjob, python: plainPython, spike }
