import { Command, InvalidArgumentError } from 'commander'
import { StreamError } from '../std/error.ts'
import { bookBytesMax, download, type Fetched, logBytesMax } from './download.ts'
import { type Book, fifthBook, knownBooks, verdictOn } from './gutenberg.ts'
import { say } from './run.ts'

const examples = `Examples:
  textstream books texts/                 five books of Project Gutenberg, those that are not there yet
  textstream books texts/ --log           and the sample log of the old system, about 4 MB
  textstream source -d texts/             then serve them
`

interface Flags {
  readonly gutenberg: string
  readonly log: boolean
  readonly logUrl: string
  readonly json: boolean
}

const shelve = (dir: string, book: Book, base: string): Promise<Fetched> => {
  const url = async () => {
    const number = typeof book.number === 'number' ? book.number : await book.number(base)
    return `${base}/cache/epub/${number}/pg${number}.txt`
  }
  const verdict = (bytes: Buffer, from: string) => verdictOn(book, bytes, from)
  return download({ url, dir, file: book.file, bytesMax: bookBytesMax, verdict })
}

const shelveLog = (dir: string, url: string): Promise<Fetched> =>
  download({
    url: async () => url,
    dir,
    file: 'logs_text_stream.txt',
    bytesMax: logBytesMax,
    verdict: () => 'downloaded',
  })

const address = (text: string): string => {
  if (!/^https?:/.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('it must be an http or https URL.')
  return text.replace(/\/+$/, '')
}

const print = ({ file, bytes, sha256, note }: Fetched, json: boolean) => {
  const line = json
    ? JSON.stringify({ file, bytes, sha256, note })
    : `${file.padEnd(24)} ${String(bytes).padStart(9)} bytes  ${note}`
  process.stdout.write(`${line}\n`)
}

const isUnreachable = (thrown: unknown) => thrown instanceof StreamError && thrown.code === 'books/unreachable'

/** One book that is missing on the server does not keep the others from coming; a server that is missing does. */
const act = async (dir: string, flags: Flags) => {
  const wanted = [...knownBooks, fifthBook].map(book => () => shelve(dir, book, flags.gutenberg))
  if (flags.log) wanted.push(() => shelveLog(dir, flags.logUrl))
  let failed = 0
  for (const fetchOne of wanted) {
    try {
      print(await fetchOne(), flags.json)
    } catch (thrown) {
      if (!(thrown instanceof StreamError) || isUnreachable(thrown)) throw thrown
      say(`textstream: ${thrown.message}`)
      failed++
    }
  }
  if (failed === 0) return
  throw new StreamError(
    'books/failed',
    `${failed} of ${wanted.length} downloads failed; run it again to fetch what is missing`,
  )
}

export const command = (): Command =>
  new Command('books')
    .description('Download five books of Project Gutenberg to try textstream on. Files that are there are left alone.')
    .addHelpText('before', examples)
    .argument('<dir>', 'folder for the books; made if it is not there')
    .option('--log', "fetch the old system's sample log too, as logs_text_stream.txt", false)
    .option('--gutenberg <url>', 'Project Gutenberg, or a mirror of it', address, 'https://www.gutenberg.org')
    .option('--log-url <url>', 'where the sample log is', address, 'https://blog.32kb.dev/logs_text_stream.txt')
    .option('--json', 'one JSON object per file')
    .addHelpText('after', '\nExit: 0 done, 1 a download failed, 2 usage, 4 the server cannot be reached.')
    .action(act)
