import { asking, type Cluster } from '../kafka/admin.ts'
import type { Part, Ports } from '../part.ts'
import { loopback } from '../port.ts'

const clusterOn = ({ broker }: Ports): Cluster => ({ brokers: [{ host: loopback, port: broker }], security: {} })

/** A port that is open says little: ready is a broker that names itself in the metadata, and so has a controller. */
const ready = (ports: Ports, signal: AbortSignal): Promise<void> =>
  asking(clusterOn(ports), signal, async admin => {
    const { brokers } = await admin.metadata({ topics: [], forceUpdate: true })
    if (brokers.size === 0) throw new Error('it answers, and is not yet part of its cluster')
  })

/** Replication is what survives a lost disk. */
const advice = (ports: Ports, signal: AbortSignal): Promise<string[]> =>
  asking(clusterOn(ports), signal, async admin => {
    const topics = await admin.listTopics()
    if (topics.length === 0) return []
    const metadata = await admin.metadata({ topics, forceUpdate: true })
    const single = topics.filter(name =>
      metadata.topics.get(name)?.partitions.some(({ replicas }) => replicas.length < 2),
    )
    if (single.length === 0) return []
    const named = single.length === 1 ? `topic "${single[0]}" has` : `${single.length} topics have`
    return [
      `${named} replication factor 1: what was acknowledged survives kill -9 and a power cut (each record is flushed), but not a lost disk; for that it takes three brokers`,
    ]
  })

const storageTool = {
  kind: 'java',
  main: 'kafka.tools.StorageTool',
  options: ['-Xmx256m'],
  // The id only keeps the folders of two clusters apart; this stack has one.
  arguments: ['format', '-t', 'dGV4dHN0cmVhbS1zdGFjaw', '-c', '{{conf}}/server.properties'],
} as const

export const kafka: Part = {
  name: 'kafka',
  is: 'Apache Kafka 4.4: one broker, KRaft',
  needs: [],
  ports: { broker: 9092, controller: 9093 },
  memoryMiB: 1400,
  advice,
  daemons: [
    {
      name: 'kafka',
      ports: ['broker', 'controller'],
      format: storageTool,
      program: {
        kind: 'java',
        main: 'kafka.Kafka',
        options: ['-Xms256m', '-Xmx1g', '-Djava.awt.headless=true', '-Dtextstream.part=kafka'],
        arguments: ['{{conf}}/server.properties'],
      },
      ready,
      stopMsMax: 30_000,
    },
  ],
}
