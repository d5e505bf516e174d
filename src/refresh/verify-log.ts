import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StreamError } from '../std/error.ts'
import { digestRange } from './files.ts'
import type { Receipt } from './refresh.ts'
import { topicPartOf } from './topic-inputs.ts'
import { openFile } from './verify-read.ts'
import { type Findings, Names } from './verify-report.ts'
import type { TopicProblems } from './verify-topics.ts'

type Input = Receipt['inputs'][number]

const missing = 'is missing'

/** Where the log is now. */
export interface Places {
  readonly logs: readonly string[] | undefined
  readonly topics: TopicProblems | undefined
}

export interface LogCheck {
  /** Inputs whose bytes are those that the refresh read. */
  readonly checked: number
  /** Inputs that are not here; no failure unless the log was given. */
  readonly unchecked: Names
}

const inFolder = (path: string) => readdirSync(path, { withFileTypes: true }).map(entry => join(path, entry.name))

const filesOf = (path: string): string[] => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new StreamError('verify/usage', `verify --log "${path}": no such file or folder`)
  return stat.isDirectory() ? inFolder(path) : [path]
}

const problemOf = (input: Input, path: string): string | undefined => {
  using file = openFile(path, { links: true })
  if (file === undefined) return missing
  if (file.size < input.to) return `has ${file.size} bytes; the refresh read it up to ${input.to}`
  const { sha256 } = digestRange(file.fd, input.from, input.to)
  return sha256 === input.sha256 ? undefined : `has another sha256 from ${input.from} to ${input.to}`
}

/** Nobody is asked whom only the receipt names: it may have been written to learn who asks. */
const ofTopic = ({ name }: Input, topics: TopicProblems | undefined): string | undefined =>
  topics?.has(name) ? topics.get(name) : missing

/** The embedded log removes whole segments, and nothing else of itself. */
const whyMissing = ({ name }: Input, problem: string) =>
  problem === missing && /^\d{20}\.ndjson$/.test(basename(name)) ? `${problem}; was it pruned?` : problem

/** Files of the same base name may lie in several folders: one that has the right bytes is enough. */
const best = (input: Input, paths: readonly string[]): string | undefined => {
  let problem: string | undefined = missing
  for (const path of paths) {
    problem = problemOf(input, path)
    if (problem === undefined) return undefined
  }
  return problem
}

/** What came by standard input may be any of the files now. */
const placesOf = (name: string, files: readonly string[] | undefined): readonly string[] => {
  if (name === '-') return files ?? []
  return files?.filter(path => basename(path) === basename(name)) ?? [name]
}

/**
 * Compares the ranges that the refresh read with the log as it is now; what was appended since does not matter. Inputs
 * are found by their base name in `logs`, else by their name as it was given, relative to the working folder.
 */
export const checkLog = ({ inputs }: Receipt, { logs, topics }: Places, findings: Findings): LogCheck => {
  const files = logs?.flatMap(filesOf)
  const isGiven = files !== undefined || topics !== undefined
  const unchecked = new Names()
  let checked = 0
  for (const input of inputs) {
    const problem = topicPartOf(input.name) ? ofTopic(input, topics) : best(input, placesOf(input.name, files))
    if (problem === undefined) checked++
    else if (problem === missing && !isGiven) unchecked.add(input.name)
    else findings.add('log', input.name, whyMissing(input, problem))
  }
  return { checked, unchecked }
}
