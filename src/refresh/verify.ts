import { StreamError } from '../std/error.ts'
import type { OnHdfs } from './hdfs-inputs.ts'
import type { Folder } from './verify-folder.ts'
import { hdfsFolder } from './verify-hdfs.ts'
import { localFolder } from './verify-local.ts'
import { checkLog, type Places } from './verify-log.ts'
import { OriginalsCheck } from './verify-originals.ts'
import { OutputCheck } from './verify-output.ts'
import { readableReceipt } from './verify-receipt.ts'
import { type Finding, Findings, Names } from './verify-report.ts'

export interface VerifyOptions extends Partial<Places> {
  /** What a refresh left. */
  readonly out: string | OnHdfs
  /** The folder with the texts that the documents were captured from. */
  readonly against?: string | undefined
}

/** Of long lists the first thousand; the counts are whole. */
export interface Verdict {
  readonly verdict: 'proven' | 'differs'
  readonly findings: readonly Finding[]
  readonly findings_count: number
  /** Files against the receipt: documents read, their bytes, and files that no refresh wrote (no failure; null: too many to look for them). */
  readonly files: {
    readonly ok: boolean
    readonly documents: number
    readonly bytes: number
    readonly extra: List | null
  }
  /** Receipt against the log: inputs that are as they were, and inputs that are not here. */
  readonly log: { readonly ok: boolean; readonly checked: number; readonly not_checked: List }
  /** Documents against the originals; null if there was nothing to compare with. */
  readonly originals: Originals | null
}

interface List {
  readonly count: number
  readonly names: readonly string[]
}

interface Originals {
  readonly ok: boolean
  readonly count: number
  readonly same: number
  readonly without_document: List
  readonly without_original: List
}

const listOf = ({ count, first }: Names): List => ({ count, names: first })

const checkFolder = async (folder: Folder) => {
  if (await folder.isFolder('')) return
  throw new StreamError('verify/usage', `verify "${folder.name}": no such folder; give the one that a refresh wrote`)
}

const originalsOf = (check: OriginalsCheck, ok: boolean): Originals => ({
  ok,
  count: check.count,
  same: check.same,
  without_document: listOf(check.withoutDocument),
  without_original: listOf(check.withoutOriginal),
})

/**
 * Proves what a refresh left: its files against its receipt, the receipt against the log, the documents against the
 * originals. Reads every byte of the output, in bounded memory; follows no link and no name out of it.
 *
 * A change to any byte of a document, of `_documents.ndjson` or `_malformed.ndjson` is found. The receipt itself bears
 * no signature: whoever changes a document, its row and the receipt so that they agree is found by the originals, or by
 * refreshing the log again, and not by the receipt.
 */
export const verify = async ({ out, against, ...places }: VerifyOptions): Promise<Verdict> => {
  const folder = typeof out === 'string' ? localFolder(out) : hdfsFolder(out)
  await checkFolder(folder)
  const findings = new Findings()
  let extra: Names | undefined = new Names()
  const originals = against === undefined ? undefined : new OriginalsCheck(against, findings)
  const output = new OutputCheck(folder, findings)
  const receipt = await readableReceipt(folder, findings)
  let log = { checked: 0, unchecked: new Names() }
  if (receipt !== undefined) {
    await output.check(receipt, document => originals?.add(document))
    originals?.end()
    extra = await output.extras()
    log = await checkLog(receipt, places, findings)
  }
  const { counts } = findings
  return {
    verdict: findings.count === 0 ? 'proven' : 'differs',
    findings: findings.first,
    findings_count: findings.count,
    files: {
      ok: counts.files === 0,
      documents: output.documents,
      bytes: output.bytes,
      extra: extra ? listOf(extra) : null,
    },
    log: { ok: counts.log === 0, checked: log.checked, not_checked: listOf(log.unchecked) },
    originals: originals === undefined ? null : originalsOf(originals, counts.originals === 0 && receipt !== undefined),
  }
}
