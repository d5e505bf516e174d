import { type FileHandle, open, readFile } from 'node:fs/promises'

/** Who runs what refuses to be root: whom Debian's PostgreSQL brings, else nobody. */
const names = ['postgres', 'nobody'] as const

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** passwd(5): `name:password:uid:gid:…` */
const accountIn = (passwd: string, name: string): Account | undefined => {
  const fields = passwd
    .split('\n')
    .find(line => line.startsWith(`${name}:`))
    ?.split(':')
  return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) }
}

/** Whom to become; `undefined` where we aren't root and need not. */
export const unprivileged = async (): Promise<Account | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const passwd = await readFile('/etc/passwd', 'utf8')
  const account = names.map(name => accountIn(passwd, name)).find(found => found !== undefined)
  if (account === undefined) throw new Error(`/etc/passwd has none of ${names.join(', ')}`)
  return account
}

/** For `spawn`: a process as another user, with one folder open. */
export interface Disguise extends AsyncDisposable {
  readonly options: { readonly cwd?: string; readonly uid?: number; readonly gid?: number }
  /** Its descriptors from 3 on. */
  readonly stdio: readonly number[]
}

/** How the other user calls the folder: those above it, such as /root, may be closed to him. */
export const folderInDisguise = '/proc/self/fd/3'

/** Nothing changes if there is nobody to become. */
export const disguise = async (account: Account | undefined, folder: string): Promise<Disguise> => {
  if (account === undefined) return { options: {}, stdio: [], [Symbol.asyncDispose]: async () => {} }
  const handle: FileHandle = await open(folder)
  return {
    options: { cwd: '/', ...account },
    stdio: [handle.fd],
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
