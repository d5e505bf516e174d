import { isObject } from '../chunk/faults.ts'
import { parseJson } from '../std/json.ts'
import { newCounters } from './counters.ts'
import { documentsName, malformedName, receiptName } from './output.ts'
import type { Receipt } from './refresh.ts'
import { topicPartOf } from './topic-inputs.ts'
import type { Folder } from './verify-folder.ts'
import type { Findings } from './verify-report.ts'

const receiptBytesMax = 64 * 1024 * 1024

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const isDigest = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const isListing = (value: unknown, file: string) =>
  isObject(value) && value.file === file && isCount(value.count) && isCount(value.bytes) && isDigest(value.sha256)
const isInput = (value: unknown) => {
  if (!isObject(value) || typeof value.name !== 'string' || !/^[^\0]+$/.test(value.name)) return false
  const { from, to, bytes, sha256 } = value
  // A topic's offsets count records, a file's count bytes.
  const isRange = topicPartOf(value.name)
    ? (to as number) >= (from as number)
    : bytes === (to as number) - (from as number)
  return [from, to, bytes].every(isCount) && isRange && isDigest(sha256)
}
const areCounters = (value: unknown) =>
  isObject(value) && Object.keys(newCounters()).every(name => isCount(value[name]))

/** Why this is no receipt that we can judge by, if it is none. */
const faultIn = (receipt: unknown): string | undefined => {
  if (!isObject(receipt)) return 'is no JSON object'
  if (receipt.format !== 1) return `has format ${JSON.stringify(receipt.format)}; this textstream knows format 1`
  if (!Array.isArray(receipt.inputs) || !receipt.inputs.every(isInput)) return 'has inputs that no refresh writes'
  if (!areCounters(receipt.counters)) return 'has counters that no refresh writes'
  if (!isListing(receipt.documents, documentsName)) return `does not vouch for ${documentsName}`
  if (!isListing(receipt.malformed, malformedName)) return `does not vouch for ${malformedName}`
  return undefined
}

/** The receipt of an output, if there is one to judge by; else why not, among the findings. */
export const readableReceipt = async (folder: Folder, findings: Findings): Promise<Receipt | undefined> => {
  const text = await folder.whole(receiptName, receiptBytesMax)
  if (text === undefined) findings.add('files', receiptName, 'is missing: the refresh did not finish')
  else if (text === 'too long') findings.add('files', receiptName, `is longer than ${receiptBytesMax} bytes`)
  else {
    const receipt = parseJson(text.toString())
    const fault = faultIn(receipt)
    if (fault === undefined) return receipt as Receipt
    findings.add('files', receiptName, fault)
  }
  return undefined
}
