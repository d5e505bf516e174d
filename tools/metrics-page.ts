/** docs/metrics.md, from the declarations. `npm run docs` writes it; a test fails while it is stale. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Declared, declared } from '../src/metrics/declare.ts'
import { processRegistry } from '../src/metrics/text.ts'
import { kafkaMetrics } from '../src/stack/kafka/metrics.ts'

export const metricsPage = join(import.meta.dirname, '../docs/metrics.md')

const source = join(import.meta.dirname, '../src')

/** In the order in which data flows. */
const rooms: Readonly<Record<string, string>> = {
  source: 'Serving texts over HTTP. At port 9464 of `textstream source --metrics-port`; `up` reads its texts itself.',
  produce: 'Capturing. At port 9465 of `textstream produce --metrics-port`; with `up`, at its own.',
  topic: 'Whoever appends: `produce` and `up`.',
  consume: 'Clustering. At port 9466 of `textstream consume --metrics-port`; with `up`, at its own.',
  warehouse: 'The tables: whoever commits or asks, `consume` and `up`.',
  web: 'The page and its API: `up`, at its port (4000).',
  refresh: 'Refreshes that this process ran; `textstream refresh --metrics-file` writes them.',
  build: 'Every process.',
}

const roomOf = (name: string) => name.split('_')[1]

const labelText = (name: string, values: readonly string[]) =>
  values.length === 0 ? `\`${name}\`` : `\`${name}\`: ${values.join(', ')}`

const cell = (text: string) => text.replaceAll('|', '\\|')

const row = ({ name, kind, labels, help }: Pick<Declared, 'name' | 'kind' | 'labels' | 'help'>) =>
  `| \`${name}\` | ${kind} | ${Object.entries(labels)
    .map(([label, values]) => labelText(label, values))
    .join('; ')} | ${cell(help)} |`

const head = '| name | kind | labels | says |\n| --- | --- | --- | --- |'

const section = (title: string, says: string, rows: readonly string[]) =>
  `## ${title}\n\n${says}\n\n${[head, ...rows].join('\n')}\n`

const loadAll = async () => {
  for (const room of readdirSync(source)) {
    const path = join(source, room, 'metrics.ts')
    if (existsSync(path)) await import(path)
  }
}

/** What a Node process says of itself, by the library. */
const processRows = async () => {
  const all = await (await processRegistry()).getMetricsAsJSON()
  const kinds: Readonly<Record<string, Declared['kind']>> = {
    counter: 'counter',
    gauge: 'gauge',
    histogram: 'histogram',
  }
  return all
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, help }) => row({ name, kind: kinds[String(type)] ?? 'gauge', labels: {}, help }))
}

const kafkaRows = () =>
  kafkaMetrics.map(({ name, help, labels }) =>
    row({ name, kind: 'gauge', labels: Object.fromEntries(labels.map(label => [label, []])), help }),
  )

const intro = `# Metrics

Made from the declarations by \`npm run docs\`. How to watch them: [observe.md](observe.md).

Durations are in seconds, sizes in bytes. A histogram has \`_bucket\`, \`_sum\` and \`_count\`. No label names a document, an answer or an agent: these are without bound. A process shows what its rooms count, so a source shows no consumer.
`

export const metricsPageOf = async (): Promise<string> => {
  await loadAll()
  const byRoom = Map.groupBy(declared(), ({ name }) => roomOf(name))
  const strange = [...byRoom.keys()].find(room => rooms[room] === undefined)
  if (strange !== undefined) throw new Error(`the room "${strange}" has metrics, and no words in tools/metrics-page.ts`)
  const sections = Object.entries(rooms).map(([room, says]) => section(room, says, (byRoom.get(room) ?? []).map(row)))
  const others = [
    section('process', "Every process, by Prometheus' own library for Node.", await processRows()),
    section('Kafka', 'By `textstream stack up kafka-exporter`, at port 9308.', kafkaRows()),
  ]
  return [intro, ...sections, ...others].join('\n')
}

if (import.meta.main) writeFileSync(metricsPage, await metricsPageOf())
