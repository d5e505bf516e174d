import { connect } from 'node:net'
import type { Daemon, Installed, Ports } from '../part.ts'
import { loopback } from '../port.ts'

const versions = [18, 17, 16, 15, 14, 13]

const from = (command: string): Installed => ({
  command,
  // Debian keeps the server out of the PATH; Homebrew keeps each version apart.
  folders: versions.flatMap(version => [
    `/usr/lib/postgresql/${version}/bin`,
    `/opt/homebrew/opt/postgresql@${version}/bin`,
    `/usr/local/opt/postgresql@${version}/bin`,
  ]),
  packages: { apt: 'postgresql', brew: 'postgresql@17' },
})

/** PostgreSQL's protocol, version 3.0: who we are and which database we want. */
const startup = () => {
  const words = Buffer.from('user\0hive\0database\0metastore\0\0')
  const head = Buffer.alloc(8)
  head.writeInt32BE(words.length + head.length, 0)
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, words])
}

/** It asks for the password: so it is past its recovery, and this database can be entered. */
const ready = async ({ postgres }: Ports, signal: AbortSignal): Promise<void> => {
  const socket = connect({ port: postgres, host: loopback, signal })
  try {
    socket.end(startup())
    for await (const answer of socket as AsyncIterable<Buffer>) {
      if (answer[0] === 'R'.charCodeAt(0)) return
      throw new Error(
        answer
          .toString('utf8', 5)
          .split('\0')
          .find(field => field.startsWith('M'))
          ?.slice(1),
      ) // prettier-ignore
    }
    throw new Error('it hangs up')
  } finally {
    socket.destroy()
  }
}

const settings: Readonly<Record<string, string>> = {
  port: '{{ports.postgres}}',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '60',
  log_checkpoints: 'off',
}

export const postgres: Daemon = {
  name: 'postgres',
  ports: ['postgres'],
  format: {
    kind: 'node',
    runs: [from('initdb')],
    script: new URL(`./format-postgres${import.meta.url.slice(-3)}`, import.meta.url),
    arguments: ['{{data.postgres}}', '{{bundle.hive-schema}}/hive-schema-4.0.0.postgres.sql'],
  },
  program: {
    ...from('postgres'),
    kind: 'system',
    unprivilegedIn: '{{data.postgres}}',
    arguments: ['-D', '{{here}}', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
  },
  ready,
  // It waits for nobody: a metastore that was killed may still be connected.
  stopSignal: 'SIGINT',
  stopMsMax: 30_000,
}
