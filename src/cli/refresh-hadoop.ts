import { type Command, Option } from 'commander'
import type { Story } from '../refresh/hadoop/follow.ts'
import type { Said } from '../refresh/hadoop/said.ts'
import type { HadoopWishes } from '../refresh/hadoop/setting.ts'
import { harmless } from '../std/terminal.ts'
import { oneOrMore } from './numbers.ts'
import { say } from './run.ts'
import { amount } from './words.ts'

export interface HadoopFlags {
  readonly jobconf: readonly string[]
  readonly reducers?: number
  readonly hadoopNode?: string
  readonly dryRun: boolean
}

const gather = (text: string, before: readonly string[] = []) => [...before, text]

export const addHadoopOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--jobconf <name=value>', 'with hadoop: a setting of the job').argParser(gather).default([], 'none'),
    )
    .option('--reducers <n>', 'with hadoop: how many reduces; by the size of the input unless given', oneOrMore)
    .option(
      '--hadoop-node <path>',
      "with hadoop: Node on the cluster's machines, 20 or newer; this one if they are here",
    )
    .option('--dry-run', 'with hadoop: prints the command, and runs nothing', false)

/** Of a terminal one line, drawn over and over; for a log what happens once. */
const progress = () => {
  const isTerminal = process.stderr.isTTY
  let last = ''
  const draw = (text: string) => {
    if (!isTerminal || text === last) return
    last = text
    process.stderr.write(`\r${text}\x1b[K`)
  }
  const note = (text: string) => {
    draw('')
    say(text)
  }
  return (said: Said) => {
    if (said.kind === 'tracking') note(`job: ${harmless(said.url)}`)
    else if (said.kind === 'attempt-failed') note(`${said.attempt} failed`)
    else if (said.kind === 'again') note(`once more, each task in a container of its own: ${said.why}`)
    else if (!isTerminal) return
    else if (said.kind === 'progress') draw(`map ${said.map} %, reduce ${said.reduce} %`)
    else if (said.kind === 'ended') draw('')
  }
}

/** What Hadoop counted that people may want to know. */
const cost = ({ counters, trackingUrl }: Story): string | undefined => {
  const count = (name: string) => counters.get(name) ?? 0
  const [maps, reduces] = [count('Launched map tasks'), count('Launched reduce tasks')]
  if (maps + reduces === 0) return undefined
  const failed = count('Failed map tasks') + count('Failed reduce tasks')
  const parts = [
    amount(maps, 'map'),
    amount(reduces, 'reduce'),
    ...(failed > 0 ? [`${failed} tries failed`] : []),
    `${(count('CPU time spent (ms)') / 1000).toFixed(1)} s of CPU`,
    ...(trackingUrl === undefined ? [] : [harmless(trackingUrl)]),
  ]
  return `hadoop: ${parts.join(', ')}`
}

export interface Wishes extends HadoopWishes {
  /** What the last job took; nothing before there was one. */
  cost(): string | undefined
}

export const wishesOf = ({ jobconf, reducers, hadoopNode }: HadoopFlags, signal: AbortSignal): Wishes => {
  const tell = progress()
  let last: Story | undefined
  return {
    jobconf,
    ...(reducers !== undefined && { reducers }),
    ...(hadoopNode !== undefined && { node: hadoopNode }),
    signal,
    tell: (said, story) => {
      last = story
      tell(said)
    },
    onWait: why => say(`waiting: ${why}`),
    cost: () => last && cost(last),
  }
}
