import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { fileNameOf } from '../chunk/file-name.ts'
import { recipeOf } from '../cluster/recipes.ts'
import { consume, newProgress as newCounters } from '../consume/consume.ts'
import { openClustering, openFolder, openHttp, openLog, openRunner, openWarehouse } from '../pipeline.ts'
import { type Delivery, newProgress, produce } from '../produce/produce.ts'
import { type Receipt, refresh } from '../refresh/refresh.ts'
import type { Source } from '../source/source.ts'
import { systemClock } from '../std/clock.ts'
import { StreamError } from '../std/error.ts'
import { harmless } from '../std/terminal.ts'
import type { Topic } from '../topic/topic.ts'
import { showProgress } from './produce-progress.ts'
import { version } from './version.ts'

const texts = fileURLToPath(new URL('../../examples/texts', import.meta.url))
/** About six tokens, at a speed that lets a person see something and ends in two seconds. */
const chunkCharacters = 24
const chunksPerSecond = 200
/** The first capture is cut off here, to show that the second one goes on. */
const cutAtChunks = 600
const cutPollMs = 5

const examples = `Examples:
  textstream demo                       into ./textstream-demo
  textstream demo --dir /tmp/demo
`

interface Flags {
  readonly dir: string
  readonly json?: boolean
}

interface Compared extends Delivery {
  readonly file: string
  readonly rebuilt: string
  readonly same: boolean
}

/** One of the clusters that were found. */
interface Found {
  readonly cluster: number | null
  readonly label: string
  readonly rows: number
  readonly share: number
}

interface Shown {
  readonly logs: string
  readonly out: string
  readonly warehouse: string
  readonly clusters: readonly Found[]
  readonly compared: readonly Compared[]
}

type Tell = (line: string) => void

const count = (n: number) => n.toLocaleString('en')
const sum = (of: readonly number[]) => of.reduce((all, n) => all + n, 0)

/** Ends the capture in the middle, as a crash would, but in a way that can be shown every time. */
const captureAndCut = async (source: Source, topic: Topic): Promise<Delivery[]> => {
  const progress = newProgress()
  const cut = new AbortController()
  const poll = setInterval(() => progress.chunks >= cutAtChunks && cut.abort(), cutPollMs)
  try {
    return await produce(source, topic, { progress, signal: cut.signal })
  } finally {
    clearInterval(poll)
  }
}

const capture = async (source: Source, topic: Topic): Promise<Delivery[]> => {
  const progress = newProgress()
  using _ = showProgress(progress)
  return await produce(source, topic, { progress })
}

const rebuild = async (logs: string, out: string): Promise<Receipt> =>
  refresh(await openRunner('local'), {
    inputs: [logs],
    out,
    threads: Math.min(2, availableParallelism()),
    version: version(),
    clock: systemClock,
  })

export const compare = async (delivery: Delivery, out: string): Promise<Compared> => {
  const rebuilt = join(out, fileNameOf(delivery.destination_uri))
  const [original, copy] = await Promise.all([
    readFile(join(texts, delivery.file)),
    readFile(rebuilt).catch(() => undefined),
  ])
  return { ...delivery, rebuilt, same: copy?.equals(original) ?? false }
}

const timed = async <T>(act: () => Promise<T>): Promise<[T, seconds: number]> => {
  const began = performance.now()
  return [await act(), (performance.now() - began) / 1000]
}

const capturing = async (source: Source, topic: Topic, tell: Tell): Promise<Delivery[]> => {
  tell(`produce   every text at once into ${topic.name}, each chunk durable before it is acknowledged`)
  const cut = await captureAndCut(source, topic)
  tell(`          cut off on purpose at ${count(sum(cut.map(one => one.chunks)))} chunks; going on where the log ends`)
  const [deliveries, seconds] = await timed(() => capture(source, topic))
  tell(`          ${count(sum(deliveries.map(one => one.chunks)))} chunks, ${seconds.toFixed(1)} s later`)
  return deliveries
}

const refreshing = async (logs: string, out: string, tell: Tell): Promise<void> => {
  const [{ counters }, seconds] = await timed(() => rebuild(logs, out))
  const rebuilt = `${count(counters.documents)} documents rebuilt from ${count(counters.lines)} lines`
  tell(`refresh   ${rebuilt} into ${out}, ${seconds.toFixed(2)} s`)
}

const foundSql = `
  select cluster, label, rows, share_of_rows from latest_clusters where rows > 0 order by rows desc, cluster`

const consuming = async (topic: Topic, dir: string, tell: Tell): Promise<Found[]> => {
  const warehouse = await openWarehouse(dir)
  const progress = newCounters()
  const options = { clustering: await openClustering(), recipeOf, progress }
  const [, seconds] = await timed(() => consume(topic, warehouse, options))
  tell(`consume   ${count(progress.rows)} rows into ${dir}, their text clustered, ${seconds.toFixed(2)} s`)
  await using result = await warehouse.query(foundSql)
  const found: Found[] = []
  for await (const rows of result.rows) {
    for (const [cluster, label, n, share] of rows as [number | null, string, number, number][])
      found.push({ cluster, label, rows: n, share })
  }
  return found
}

/** The same functions that the commands call, in the order in which the data flows. */
const show = async (dir: string, tell: Tell): Promise<Shown> => {
  const { serve } = await import('../source/server.ts')
  const [logs, out] = [join(dir, 'logs'), join(dir, 'refresh')]
  await using server = await serve(await openFolder(texts, chunkCharacters), { port: 0, rate: chunksPerSecond })
  const source = await openHttp(server.url)
  const { length } = await source.list()
  tell(
    `source    ${length} texts at ${server.url}: ${chunkCharacters} characters a chunk, ${chunksPerSecond} chunks a second each`,
  )
  const deliveries = await capturing(source, await openLog(logs), tell)
  await refreshing(logs, out, tell)
  const compared = await Promise.all(deliveries.map(delivery => compare(delivery, out)))
  const same = compared.filter(one => one.same).length
  tell(`compare   ${same} of ${length} are the same as their originals, byte for byte`)
  const tables = join(dir, 'warehouse')
  return { logs, out, compared, warehouse: tables, clusters: await consuming(await openLog(logs), tables, tell) }
}

const barCharacters = 20

const clusterRows = (clusters: readonly Found[]): string[] =>
  clusters.map(({ cluster, label, rows, share }) => {
    const bar = '█'.repeat(Math.max(1, Math.round(share * barCharacters))).padEnd(barCharacters)
    return `  cluster ${cluster ?? '-'}  ${bar} ${count(rows).padStart(6)} chunks  ${harmless(label)}`
  })

const rows = (compared: readonly Compared[]): string[] => {
  const width = Math.max(...compared.map(({ file }) => file.length))
  return compared.map(({ file, bytes, chunks, agent_id, destination_uri, same }) =>
    harmless(
      `  ${file.padEnd(width)} ${count(bytes).padStart(6)} bytes ${count(chunks).padStart(4)} chunks  ${same ? 'same' : 'DIFFERENT'}  ${agent_id} ${destination_uri}`,
    ),
  )
}

/** How a person starts the command: from a checkout by its path, otherwise by its name. */
const called = () =>
  import.meta.url.endsWith('.ts') ? join(relative('.', join(texts, '../..')), 'bin/textstream') : 'textstream'

const next = ({ logs, out, compared, warehouse }: Shown): string[] => {
  const me = called()
  const uri = compared.find(({ bytes }) => bytes > 1000)?.destination_uri ?? compared[0].destination_uri
  return [
    'Try next:',
    `  ${me} cat ${uri} --from ${logs}`,
    `  ${me} verify ${out} --against ${relative('.', texts) || '.'}`,
    `  date | ${me} produce - --agent Agent_Ada --uri /now.md -l ${logs} && ${me} refresh ${logs} -o ${out}`,
    `  head -n 3 ${out}/_documents.ndjson`,
    `  ${me} clusters --warehouse ${warehouse}`,
    `  ${me} query --warehouse ${warehouse} "select agent_id, chunks, characters_per_second from responses order by 3 desc limit 5"`,
  ]
}

const isDifferent = ({ same }: Compared) => !same
const nameAndWhy = ({ file, why }: Compared) => (why === undefined ? `"${file}"` : `"${file}" (${why})`)

const act = async ({ dir, json }: Flags): Promise<void> => {
  const tell = (line: string) => void process.stdout.write(`${line}\n`)
  const shown = await show(dir, json ? () => {} : tell)
  if (json) tell(JSON.stringify(shown, null, 2))
  else
    for (const line of ['', ...rows(shown.compared), '', ...clusterRows(shown.clusters), '', ...next(shown)]) tell(line)
  const different = shown.compared.filter(isDifferent).map(nameAndWhy)
  if (different.length === 0) return
  throw new StreamError('demo/different', `rebuilt otherwise than served: ${different.join(', ')}; please report it`)
}

export const command = (): Command =>
  new Command('demo')
    .description(
      'Serves sample texts, captures them, rebuilds them and compares, clusters them, to see it work. Run it as often as you like.',
    )
    .addHelpText('before', examples)
    .option('--dir <folder>', 'where the log and the documents go', 'textstream-demo')
    .option('--json', 'the report as JSON on standard output')
    .allowExcessArguments(false)
    .addHelpText('after', '\nExit: 0 only if every document is the same as its original, byte for byte; 1 otherwise.')
    .action(act)
