import { answerKey } from '../../chunk/answer-key.ts'
import {
  aggregate,
  as,
  call,
  callDistinct,
  filter,
  type Relation,
  rowsOf,
  run,
  star,
} from '../../wire/spark-connect/spark.ts'
import type { Tools } from './tools.ts'

/** What Spark read of one answer in a batch. */
export interface Summary {
  readonly key: string
  readonly destination_uri: string
  /** Empty for the implicit answer. */
  readonly response_id: string
  readonly rows: number
  /** The least and the greatest number; `first` > `last`: there are none. */
  readonly first: number
  readonly last: number
  /** Of numbers that differ. */
  readonly numbers: number
}

const by = ['destination_uri', 'response_id']

/** One for each answer, by its key. The limit of a batch's rows bounds them. */
export const summaries = async ({ spark }: Tools, parsed: Relation): Promise<Map<string, Summary>> => {
  const grouped = aggregate(filter(parsed, 'is_plain'), {
    by,
    of: [
      as(call('count', star()), 'rows'),
      as(call('min', 'seq'), 'first'),
      as(call('max', 'seq'), 'last'),
      as(callDistinct('count', 'seq'), 'numbers'),
    ],
  })
  const found = new Map<string, Summary>()
  for await (const batch of run(spark, grouped)) {
    for (const { destination_uri, response_id, rows, first, last, numbers } of rowsOf(batch)) {
      const names = { destination_uri: destination_uri as string, response_id: (response_id ?? '') as string }
      const key = answerKey(names.destination_uri, names.response_id)
      const range = first === null ? { first: 0, last: -1 } : { first: Number(first), last: Number(last) }
      found.set(key, { key, ...names, rows: Number(rows), numbers: Number(numbers), ...range })
    }
  }
  return found
}

/** Whether each number in it came once. */
export const isPlainRun = ({ rows, numbers, last, first }: Summary): boolean => last < first || rows === numbers
