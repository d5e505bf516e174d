import { getText } from '../http.ts'
import type { Part, Ports } from '../part.ts'
import { loopback } from '../port.ts'

const ready = async ({ metrics }: Ports, signal: AbortSignal): Promise<void> => {
  const text = await getText(`http://${loopback}:${metrics}/metrics`, signal)
  if (!/^kafka_brokers [1-9]/m.test(text)) throw new Error('it finds no broker')
}

export const kafkaExporter: Part = {
  name: 'kafka-exporter',
  is: "Kafka's state for Prometheus",
  needs: ['kafka'],
  ports: { metrics: 9308 },
  memoryMiB: 150,
  daemons: [
    {
      name: 'kafka-exporter',
      ports: ['metrics'],
      program: {
        kind: 'node',
        script: new URL(`../kafka/export${import.meta.url.slice(-3)}`, import.meta.url),
        arguments: ['127.0.0.1:{{kafka.ports.broker}}', '{{ports.metrics}}'],
      },
      ready,
      stopMsMax: 5_000,
    },
  ],
}
