import type { Part } from '../../src/stack/part.ts'

const serve = `
const [name, port] = process.argv.slice(1)
process.stdout.write('hello from ' + name + '\\n')
const server = require('node:http').createServer((_, reply) => reply.end('I am ' + name))
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
`

const dies = `process.stderr.write('my last words\\n'); process.exit(7)`

export interface Smallness {
  readonly needs?: readonly string[]
  readonly dies?: boolean
  /** A script for /bin/sh. */
  readonly format?: string
}

/** A part for tests: one daemon that serves its name on one port, and is ready in a tenth of a second. */
export const smallPart = (name: string, port: number, how: Smallness = {}): Part => ({
  name,
  is: 'a part for tests',
  needs: how.needs ?? [],
  ports: { http: port },
  memoryMiB: 50,
  daemons: [
    {
      name,
      ports: ['http'],
      ...(how.format !== undefined && {
        format: {
          kind: 'system',
          command: 'sh',
          arguments: ['-c', how.format, 'format', `{{data.${name}}}`],
          packages: { apt: 'dash', brew: 'dash' },
        },
      }),
      program: {
        kind: 'system',
        command: process.execPath.split('/').at(-1)!,
        folders: [process.execPath.split('/').slice(0, -1).join('/')],
        arguments: ['-e', how.dies === true ? dies : serve, name, '{{ports.http}}'],
        packages: { apt: 'nodejs', brew: 'node' },
      },
      ready: async ({ http }, signal) => {
        const response = await fetch(`http://127.0.0.1:${http}/`, { signal })
        if ((await response.text()) !== `I am ${name}`) throw new Error('somebody else answers')
      },
      stopMsMax: 2_000,
    },
  ],
})
