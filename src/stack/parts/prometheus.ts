import { getText } from '../http.ts'
import type { Part, Ports } from '../part.ts'
import { loopback } from '../port.ts'

/** Ready is one that has its rules, not only its port. */
const ready = async ({ http }: Ports, signal: AbortSignal): Promise<void> => {
  const at = `http://${loopback}:${http}`
  await getText(`${at}/-/ready`, signal)
  const { data } = JSON.parse(await getText(`${at}/api/v1/rules`, signal))
  if (data.groups.length === 0) throw new Error('it has no alert rules')
}

export const prometheus: Part = {
  name: 'prometheus',
  is: 'Prometheus: asks textstream and the Kafka exporter for their numbers, with alert rules',
  needs: [],
  ports: { http: 9090 },
  memoryMiB: 200,
  daemons: [
    {
      name: 'prometheus',
      ports: ['http'],
      program: {
        kind: 'system',
        command: 'prometheus',
        arguments: [
          '--config.file={{conf}}/prometheus.yml',
          '--storage.tsdb.path={{data.prometheus}}',
          '--storage.tsdb.retention.time=30d',
          '--storage.tsdb.retention.size=2GB',
          '--web.listen-address=127.0.0.1:{{ports.http}}',
        ],
        packages: { apt: 'prometheus', brew: 'prometheus' },
      },
      ready,
      stopMsMax: 15_000,
    },
  ],
}
