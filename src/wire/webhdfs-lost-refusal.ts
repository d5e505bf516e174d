import { HdfsFault } from './webhdfs-fault.ts'
import type { NameNodes } from './webhdfs-namenodes.ts'

interface Usage {
  readonly spaceQuota?: unknown
  readonly spaceConsumed?: unknown
}

const foldersAbove = (path: string): string[] => {
  const names = path.split('/').slice(1, -1)
  return names.map((_, i) => `/${names.slice(0, names.length - i).join('/')}`)
}

const blockSpaceOf = (json: unknown): number => {
  const { blockSize, replication } = (json as { FileStatus?: { blockSize?: unknown; replication?: unknown } })
    .FileStatus!
  return Number(blockSize) * Number(replication)
}

/** Whether one of the folders above has no room for one more block of the file: so HDFS counts. */
const quotaFault = async (nameNodes: NameNodes, path: string, what: string): Promise<HdfsFault | undefined> => {
  const ask = (op: string, at: string) => nameNodes.ask({ method: 'GET', op, path: at, what, mayRepeat: true })
  const blockSpace = blockSpaceOf(await ask('GETFILESTATUS', path))
  for (const folder of foldersAbove(path)) {
    const { QuotaUsage } = (await ask('GETQUOTAUSAGE', folder)) as { QuotaUsage: Usage }
    const [quota, used] = [Number(QuotaUsage.spaceQuota), Number(QuotaUsage.spaceConsumed)]
    if (quota >= 0 && used + blockSpace > quota) {
      const why = `the space quota of "${folder}" is ${quota} bytes, of which ${used} are used`
      return new HdfsFault('hdfs/full', `${what}: ${why}; free some, or ask whoever runs it for more`, 'never')
    }
  }
  return undefined
}

const saysNothing = new Set(['hdfs/unreachable', 'hdfs/exists', 'hdfs/closed'])

/**
 * A DataNode ends the connection behind a refusal, and a refusal is lost if bytes were on their way then. This finds out
 * what it was: `again` asks for the same without bytes. `thrown` remains if that has no answer.
 */
export const lostRefusal = async (
  nameNodes: NameNodes,
  { path, what }: { readonly path: string; readonly what: string },
  thrown: unknown,
  again: () => Promise<unknown>,
): Promise<unknown> => {
  if (!(thrown instanceof HdfsFault) || thrown.again !== 'unknown') return thrown
  try {
    const full = await quotaFault(nameNodes, path, what).catch(() => undefined)
    if (full === undefined) await again()
    return full ?? thrown
  } catch (told) {
    return told instanceof HdfsFault && !saysNothing.has(told.code) ? told : thrown
  }
}
