import { basename } from 'node:path'
import { StreamError } from '../std/error.ts'
import type { Topic } from '../topic/topic.ts'
import { isHdfsAddress } from '../wire/hdfs-address.ts'
import type { OnHdfs } from './hdfs-inputs.ts'
import type { Receipt } from './refresh.ts'
import { topicPartOf } from './topic-inputs.ts'
import { fileOnHdfs, filesOnHdfs, type LogFile, localFile, localFiles, missing } from './verify-log-files.ts'
import { type Findings, Names } from './verify-report.ts'
import { checkTopics, type TopicProblems } from './verify-topics.ts'

type Input = Receipt['inputs'][number]

/** Where the log is now. */
export interface Places {
  /** Files, or folders that hold them. */
  readonly logs?: readonly string[] | undefined
  readonly topics?: readonly Topic[] | undefined
  readonly hdfs?: readonly OnHdfs[] | undefined
  /** A file on HDFS that the receipt names, if that HDFS is one that may be asked. */
  readonly whereIs?: ((address: string) => Promise<OnHdfs | undefined>) | undefined
}

export interface LogCheck {
  /** Inputs whose bytes are those that the refresh read. */
  readonly checked: number
  /** Inputs that are not here; no failure unless the log was given. */
  readonly unchecked: Names
}

/** Nobody is asked whom only the receipt names: it may have been written to learn who asks. */
const ofTopic = ({ name }: Input, problems: TopicProblems | undefined): string | undefined =>
  problems?.has(name) ? problems.get(name) : missing

/** The embedded log removes whole segments, and nothing else of itself. */
const whyMissing = ({ name }: Input, problem: string) =>
  problem === missing && /^\d{20}\.ndjson$/.test(basename(name)) ? `${problem}; was it pruned?` : problem

/** Files of the same base name may lie in several folders: one that has the right bytes is enough. */
const best = async (input: Input, files: readonly LogFile[]): Promise<string | undefined> => {
  let problem: string | undefined = missing
  for (const file of files) {
    problem = await file.problem(input)
    if (problem === undefined) return undefined
  }
  return problem
}

const away = new Set(['hdfs/unreachable', 'hdfs/usage'])

/** Nobody said that it is there. */
const unlessAway = <T>(otherwise: T) => {
  return (thrown: unknown): T => {
    if (thrown instanceof StreamError && away.has(thrown.code)) return otherwise
    throw thrown
  }
}

/** Where the receipt says. */
const asNamed = async (name: string, { whereIs }: Places): Promise<LogFile[]> => {
  if (!isHdfsAddress(name)) return [localFile(name)]
  const place = await whereIs?.(name).catch(unlessAway(undefined))
  if (place === undefined) return []
  const file = fileOnHdfs(place)
  return [{ name, problem: async input => Promise.resolve(file.problem(input)).catch(unlessAway(missing)) }]
}

/** What came by standard input may be any of the files now. */
const candidates = (name: string, files: readonly LogFile[] | undefined, places: Places) => {
  if (name === '-') return files ?? []
  return files?.filter(file => basename(file.name) === basename(name)) ?? asNamed(name, places)
}

/** All that was given, or nothing if nothing was. */
const givenFiles = async ({ logs, hdfs }: Places): Promise<LogFile[] | undefined> => {
  if (logs === undefined && hdfs === undefined) return undefined
  const files = (logs ?? []).flatMap(localFiles)
  for (const place of hdfs ?? []) files.push(...(await filesOnHdfs(place)))
  return files
}

/**
 * Compares the ranges that the refresh read with the log as it is now; what was appended since does not matter. Inputs
 * are found by their base name in what was given, else by their name as it stands in the receipt, relative to the
 * working folder.
 */
export const checkLog = async (receipt: Receipt, places: Places, findings: Findings): Promise<LogCheck> => {
  const files = await givenFiles(places)
  const topics = places.topics && (await checkTopics(receipt, places.topics))
  const isGiven = files !== undefined || topics !== undefined
  const unchecked = new Names()
  let checked = 0
  for (const input of receipt.inputs) {
    const problem = topicPartOf(input.name)
      ? ofTopic(input, topics)
      : await best(input, await candidates(input.name, files, places))
    if (problem === undefined) checked++
    else if (problem === missing && !isGiven) unchecked.add(input.name)
    else findings.add('log', input.name, whyMissing(input, problem))
  }
  return { checked, unchecked }
}
