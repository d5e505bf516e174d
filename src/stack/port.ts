import { once } from 'node:events'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { errnoOf } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'

export const loopback = '127.0.0.1'

const commandCharactersMax = 120

export const isFree = async (port: number): Promise<boolean> => {
  const server = createServer()
  try {
    await once(server.listen({ port, host: loopback, exclusive: true }), 'listening')
    return true
  } catch (thrown) {
    if (errnoOf(thrown) === 'EADDRINUSE') return false
    throw thrown
  } finally {
    server.close()
  }
}

interface Socket {
  readonly inode: string
  readonly uid: string
}

const listening = '0A'

/** proc(5): `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`, with the port in hex. */
const socketsIn = (table: string, port: number): Socket[] => {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[1]?.endsWith(end) && fields[3] === listening)
    .map(fields => ({ inode: fields[9], uid: fields[7] }))
}

const orNothing = <T>(promise: Promise<T>, nothing: T): Promise<T> => promise.catch(() => nothing)

const listenersOn = async (port: number): Promise<Socket[]> => {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(path => orNothing(readFile(path, 'latin1'), ''))
  return (await Promise.all(tables)).flatMap(table => socketsIn(table, port))
}

const holds = async (pid: string, links: ReadonlySet<string>): Promise<boolean> => {
  for (const fd of await orNothing(readdir(`/proc/${pid}/fd`), [])) {
    if (links.has(await orNothing(readlink(`/proc/${pid}/fd/${fd}`), ''))) return true
  }
  return false
}

const commandOf = async (pid: string): Promise<string> => {
  const words = (await orNothing(readFile(`/proc/${pid}/cmdline`, 'utf8'), '')).split('\0')
  const command = harmless(words.join(' ').trim())
  return command.length <= commandCharactersMax ? command : `${command.slice(0, commandCharactersMax)}…`
}

/** Who listens there, as far as this user may know: `pid 4711 (java -cp …)`. Linux says it; others don't. */
export const ownerOf = async (port: number): Promise<string> => {
  const sockets = await listenersOn(port)
  const links = new Set(sockets.map(({ inode }) => `socket:[${inode}]`))
  for (const pid of links.size === 0 ? [] : await orNothing(readdir('/proc'), [])) {
    if (/^\d+$/.test(pid) && (await holds(pid, links))) return `pid ${pid} (${await commandOf(pid)})`
  }
  return sockets.length === 0 ? 'another process' : `a process of the user with uid ${sockets[0].uid}`
}
