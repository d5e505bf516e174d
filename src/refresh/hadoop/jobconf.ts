import { StreamError } from '../../std/error.ts'

/** A setting of Hadoop's for one job. */
export type Setting = readonly [name: string, value: string]

/** Our map and reduce talk to Hadoop by these; with another value they would read or leave rubbish. */
const ours: readonly RegExp[] = [
  /^stream\./,
  /^textstream\./,
  /^mapreduce\.(?:input|output)\.fileinput|^mapreduce\.(?:input|output)\.fileoutputformat\.(?:input|output)dir/,
  /^mapreduce\.job\.(?:map|reduce|combine|partitioner|inputformat|outputformat)\.class$/,
  /^mapreduce\.(?:job|map)\.output\.(?:key|value|group)/,
  /^mapred\.(?:mapper|reducer|combiner|partitioner|input\.format|output\.format|output\.key|output\.value|mapoutput)\b/,
  /^mapreduce\.job\.tags$/,
  /^tmp(?:files|jars|archives)$/,
]

const usage = (message: string) => new StreamError('refresh/usage', message)

export const reducersName = 'mapreduce.job.reduces'

const parse = (text: string): Setting => {
  const at = text.indexOf('=')
  const name = text.slice(0, at).trim()
  if (at < 0 || !/^[\w.-]+$/.test(name) || name.startsWith('-'))
    throw usage(`--jobconf ${JSON.stringify(text)}: write it as name=value, e.g. mapreduce.map.memory.mb=2048`)
  const value = text.slice(at + 1)
  if (/[\0\r\n]/.test(value)) throw usage(`--jobconf ${JSON.stringify(name)}: a value is one line`)
  if (ours.some(pattern => pattern.test(name)))
    throw usage(`--jobconf ${JSON.stringify(name)}: refresh sets it itself; its map and reduce need it as it is`)
  return [name, value]
}

export interface Jobconf {
  readonly settings: readonly Setting[]
  /** If they were named in Hadoop's words. */
  readonly reducers: number | undefined
}

const reducersIn = (value: string): number => {
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value)
  throw usage(`--jobconf ${reducersName}=${value}: it must be a whole number from 1 to 99999`)
}

/** The `name=value` that people give; of two for one name the later one counts. */
export const parseJobconf = (texts: readonly string[]): Jobconf => {
  const all = new Map(texts.map(parse))
  const reducers = all.get(reducersName)
  all.delete(reducersName)
  return { settings: [...all], reducers: reducers === undefined ? undefined : reducersIn(reducers) }
}
