import { errnoOf, reasonOf, StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'

/**
 * What may be done about a fault. `never`: the answer will be the same. `elsewhere`: nothing was done, so another
 * NameNode or DataNode may be asked, or the same one later. `unknown`: it may have been done or not. `no-data-node`: as
 * `elsewhere`, but only whoever looks for a DataNode knows which ones will do. `broken`: as `elsewhere`, though with
 * little hope.
 */
export type Again = 'never' | 'elsewhere' | 'unknown' | 'no-data-node' | 'broken'

export class HdfsFault extends StreamError {
  readonly again: Again

  constructor(code: `hdfs/${string}`, message: string, again: Again, cause?: unknown) {
    super(code, message, { cause })
    this.again = again
  }
}

/** What Hadoop says when it refuses. */
export interface Refusal {
  readonly status: number
  readonly exception: string
  readonly message: string
}

interface Meaning {
  readonly when: RegExp
  readonly code: `hdfs/${string}`
  readonly again?: Again
  readonly todo?: string
}

const noRoom = 'free some, or ask whoever runs it for more'

/** Tried from top to bottom on `Exception: message`. */
const meanings: readonly Meaning[] = [
  { when: /^StandbyException/, code: 'hdfs/unreachable', again: 'elsewhere', todo: 'is one of its NameNodes active?' },
  { when: /^RetriableException/, code: 'hdfs/unreachable', again: 'elsewhere' },
  {
    when: /^SafeModeException.*turned off automatically/s,
    code: 'hdfs/read-only',
    again: 'elsewhere',
    todo: 'it leaves safe mode by itself once its DataNodes have reported: try later',
  },
  {
    when: /^SafeModeException/,
    code: 'hdfs/read-only',
    todo: 'it is read-only until somebody says: hdfs dfsadmin -safemode leave',
  },
  { when: /QuotaExceeded|QuotaByStorageTypeExceeded/, code: 'hdfs/full', todo: noRoom },
  { when: /DiskOutOfSpace|No space left on device/, code: 'hdfs/full', todo: noRoom },
  { when: /There are 0 datanode\(s\) running/, code: 'hdfs/unreachable', todo: 'none of its DataNodes runs' },
  {
    when: /could only be (?:written|replicated) to/,
    code: 'hdfs/full',
    todo: 'its DataNodes have no room left, or do not work',
  },
  {
    when: /Failed to find datanode|No active nodes contain this block/,
    code: 'hdfs/unreachable',
    again: 'no-data-node',
    todo: 'do its DataNodes run?',
  },
  {
    when: /BlockMissing|ChecksumException|CannotObtainBlockLength|Could not obtain block/,
    code: 'hdfs/broken',
    again: 'broken',
    todo: 'hdfs fsck says which blocks are missing or corrupt',
  },
  {
    when: /^(?:EOF|Connect|ConnectTimeout|Socket|SocketTimeout|NoRouteToHost|UnknownHost)Exception/,
    code: 'hdfs/unreachable',
    again: 'unknown',
    todo: 'its daemons do not reach each other: is one of them down?',
  },
  { when: /^FileNotFoundException/, code: 'hdfs/absent' },
  {
    when: /^(?:FileAlreadyExists|AlreadyBeingCreated)|rename destination|must both be directories/,
    code: 'hdfs/exists',
  },
  {
    when: /^AccessControlException/,
    code: 'hdfs/denied',
    todo: 'HADOOP_USER_NAME says as whom HDFS is asked',
  },
  { when: /parameter "user\.name"/, code: 'hdfs/usage', todo: 'set HADOOP_USER_NAME to a name that HDFS takes' },
  { when: /^InvalidPathException/, code: 'hdfs/usage', todo: 'HDFS takes no such name' },
]

const firstLine = (message: string) => harmless(/^[^\n]*/.exec(message)![0].trim().slice(0, 1000))

/** Hadoop's refusal in our words; `what` is what was tried, as `list "hdfs://…"`. */
export const faultOf = (what: string, { status, exception, message }: Refusal): HdfsFault => {
  const text = `${exception}: ${message}`
  const found = meanings.find(({ when }) => when.test(text))
  const { code, again, todo } = found ?? { code: 'hdfs/failed', again: status >= 500 ? 'unknown' : undefined }
  const why = `${harmless(exception)}: ${firstLine(message)}`
  return new HdfsFault(code, `${what}: ${why}${todo === undefined ? '' : `; ${todo}`}`, again ?? 'never')
}

const secure = (what: string, server: string) =>
  new HdfsFault(
    'hdfs/secure',
    `${what}: "${server}" wants a login (Kerberos), which textstream does not know; copy with Hadoop's own commands`,
    'never',
  )

/** An answer that is none of WebHDFS's. */
export const strangeAnswer = (what: string, server: string, status: number): HdfsFault => {
  if (status === 401) return secure(what, server)
  const again = status >= 500 || status === 429 ? 'unknown' : 'never'
  const code = again === 'never' ? 'hdfs/failed' : 'hdfs/unreachable'
  const todo = 'is that the HTTP address of a NameNode? e.g. TEXTSTREAM_HDFS=http://host:9870'
  return new HdfsFault(code, `${what}: "${server}" answered HTTP ${status}, and not as WebHDFS does; ${todo}`, again)
}

const unresolved = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EAI_NODATA'])

export const isUnresolved = (thrown: unknown): boolean => unresolved.has(errnoOf(thrown) ?? '')

const whyNot = (cause: unknown) => {
  const text = reasonOf(cause)
  return errnoOf(cause) === 'ECONNREFUSED' ? 'connection refused' : text
}

/** A NameNode that cannot be talked to. */
export const nameNodeFault = (what: string, server: string, again: Again, cause: unknown): HdfsFault => {
  const todo = 'is it up? try: textstream stack up hadoop; or set TEXTSTREAM_HDFS=http://host:9870'
  return new HdfsFault('hdfs/unreachable', `${what}: NameNode "${server}": ${whyNot(cause)}; ${todo}`, again, cause)
}

/** A DataNode that cannot be talked to; only the NameNode says where they are. */
export const dataNodeFault = (what: string, server: string, again: Again, cause: unknown): HdfsFault => {
  const todo = isUnresolved(cause)
    ? `this machine does not know that name, which the NameNode gave; add it to /etc/hosts, or set dfs.datanode.hostname on that DataNode to a name that is known here`
    : 'does it run, and may this machine connect to it?'
  return new HdfsFault('hdfs/unreachable', `${what}: DataNode "${server}": ${whyNot(cause)}; ${todo}`, again, cause)
}
