import { Command } from 'commander'
import { openHdfs } from '../pipeline.ts'
import { StreamError } from '../std/error.ts'
import { isHdfsAddress } from '../wire/hdfs-address.ts'
import { Copies, type CopyFlags } from './hdfs-copies.ts'
import { newHdfsProgress, showHdfsProgress } from './hdfs-progress.ts'
import { exit, say } from './run.ts'
import { untilSignal } from './signals.ts'

const examples = `Examples:
  textstream hdfs put logs/ hdfs:///user/ada/logs/                 what lies in logs/, over WebHDFS; needs no Hadoop here
  textstream hdfs put logs/ hdfs:///user/ada/logs/ --follow        each segment of a log as soon as it is closed
  textstream hdfs ls hdfs:///user/ada/logs/
  textstream hdfs get hdfs:///user/ada/refresh/ refresh/
`

const putExamples = `Examples:
  textstream hdfs put logs/ hdfs:///user/ada/logs/                 what lies in logs/
  textstream hdfs put a.ndjson b.ndjson.gz hdfs://host:9820/logs/  files
  textstream hdfs put logs/ hdfs:///user/ada/logs/ --follow        each segment of a log as soon as it is closed
`

const getExamples = `Examples:
  textstream hdfs get hdfs:///user/ada/refresh/ refresh/           what lies there, into refresh/
  textstream hdfs get hdfs:///user/ada/logs/a.ndjson .
`

const lsExamples = `Examples:
  textstream hdfs ls hdfs:///user/ada/logs/
  textstream hdfs ls hdfs:///user/ada/ --json | jq -r .path
`

const where =
  '\nhdfs:///path is on the file system of TEXTSTREAM_HDFS (http://host:9870 or hdfs://host:9820), else of HADOOP_CONF_DIR,\nelse on the one that textstream stack started. HADOOP_USER_NAME says as whom it is asked.'
const exits = '\nExit: 0 done, 1 failed, or something else was in the way, 2 usage, 4 HDFS cannot be reached'

const usage = (message: string) => new StreamError('hdfs/usage', message)

const addressOf = (what: string, text: string): string => {
  if (isHdfsAddress(text)) return text
  throw usage(`${what} "${text}": it is not on HDFS; write it as hdfs:///path or hdfs://host:port/path`)
}

const refuseAddress = (text: string): string => {
  if (!isHdfsAddress(text)) return text
  throw usage(`"${text}" is on HDFS; put copies from here to there, get from there to here`)
}

interface PutFlags extends CopyFlags {
  readonly follow: boolean
}

const copying = async (
  flags: CopyFlags,
  copy: (copies: Copies, progress: ReturnType<typeof newHdfsProgress>) => Promise<void>,
) => {
  const progress = newHdfsProgress()
  const copies = new Copies(flags, progress)
  const began = performance.now()
  {
    using _ = showHdfsProgress(progress)
    await copy(copies, progress)
  }
  say(copies.summary((performance.now() - began) / 1000))
  copies.refuseOthers()
}

const follow = async (sources: readonly string[], address: string, flags: PutFlags) => {
  if (sources.length !== 1) throw usage('put --follow: give the folder of one log')
  const { followLog } = await import('./hdfs-follow.ts')
  const stop = untilSignal('textstream: stopping; what is closed by now is copied (once more: stop now)')
  const { hdfs, path: folder } = await openHdfs(address)
  await using _ = hdfs
  await copying(flags, (copies, progress) => followLog(sources[0], { hdfs, folder, progress }, copies, stop.signal))
  process.exitCode = stop.code() ?? exit.done
}

const actPut = async (given: readonly string[], flags: PutFlags) => {
  if (given.length < 2) throw usage('put: give what to copy, and then where to, as hdfs:///folder/')
  const sources = given.slice(0, -1).map(refuseAddress)
  const address = addressOf('put to', given.at(-1)!)
  if (flags.follow) return follow(sources, address, flags)
  const { putAll } = await import('./hdfs-put.ts')
  const { hdfs, path: folder } = await openHdfs(address)
  await using _ = hdfs
  await copying(flags, (copies, progress) => putAll(sources, { hdfs, folder, progress }, copies))
}

const actGet = async (given: readonly string[], flags: CopyFlags) => {
  const [sources, target] = given.length === 1 ? [given, '.'] : [given.slice(0, -1), refuseAddress(given.at(-1)!)]
  const addresses = sources.map(source => addressOf('get', source))
  const { getAll } = await import('./hdfs-get.ts')
  const opened = await Promise.all(addresses.map(openHdfs))
  await using closing = new AsyncDisposableStack()
  for (const { hdfs } of opened) closing.use(hdfs)
  await copying(flags, (copies, progress) => getAll(opened, target, progress, copies))
}

const actLs = async (address: string, { json }: { readonly json: boolean }) => {
  const { list } = await import('./hdfs-ls.ts')
  const source = await openHdfs(addressOf('ls', address))
  await using _ = source.hdfs
  await list(source, json)
}

const put = () =>
  new Command('put')
    .description('Copies files, or what lies in folders, into a folder on HDFS. Nobody there sees half a file.')
    .addHelpText('before', putExamples)
    .argument('<source...>', 'files and folders (of those all but what begins with a dot), and last the folder on HDFS')
    .option('-f, --follow', 'the segments of a log, each once it is closed, until Ctrl-C', false)
    .option('--force', 'copies what is there already, and replaces what is different there', false)
    .option('--json', 'a line of JSON for each file', false)
    .addHelpText('after', where)
    .addHelpText('after', `${exits}, 130 and 143 interrupted (put again goes on).`)
    .action(actPut)

const get = () =>
  new Command('get')
    .description('Copies files, or what lies in folders, from HDFS into a folder of this machine.')
    .addHelpText('before', getExamples)
    .argument('<source...>', 'files and folders on HDFS, and last the folder of this machine (default: ".")')
    .option('--force', 'copies what is here already, and replaces what is different here', false)
    .option('--json', 'a line of JSON for each file', false)
    .addHelpText('after', where)
    .addHelpText('after', `${exits}.`)
    .action(actGet)

const ls = () =>
  new Command('ls')
    .description('Lists a folder on HDFS.')
    .addHelpText('before', lsExamples)
    .argument('<address>', 'a file or folder')
    .option('--json', 'a line of JSON for each', false)
    .addHelpText('after', where)
    .addHelpText('after', `${exits}.`)
    .action(actLs)

export const command = (): Command =>
  new Command('hdfs')
    .description('Copies files to and from HDFS, and lists them, over WebHDFS.')
    .addHelpText('before', examples)
    .helpCommand(false)
    .addCommand(put())
    .addCommand(get())
    .addCommand(ls())
