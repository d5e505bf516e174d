import { Command } from 'commander'
import type { Finding } from '../stack/doctor.ts'
import { harmless } from '../std/terminal.ts'
import { exit } from './run.ts'
import { stackHere } from './stack.ts'
import { table } from './stack-words.ts'

const examples = `Examples:
  textstream doctor                       what this machine lacks, and what is wrong with what runs
  textstream doctor --json | jq 'select(.verdict != "ok")'
`

const print = (findings: readonly Finding[], json: boolean) => {
  const text = json
    ? findings.map(finding => `${JSON.stringify(finding)}\n`).join('')
    : table(findings.map(({ check, verdict, says }) => [verdict, check, harmless(says)]))
  process.stdout.write(text)
}

const act = async ({ json }: { json?: boolean }) => {
  const { examine } = await import('../stack/doctor.ts')
  const findings = await examine(stackHere())
  print(findings, json === true)
  if (findings.some(({ verdict }) => verdict === 'bad')) process.exitCode = exit.findings
}

export const command = (): Command =>
  new Command('doctor')
    .description('Look at what the real engines need, and at those that run. Changes nothing.')
    .addHelpText('before', examples)
    .option('--json', 'one JSON object per finding', false)
    .addHelpText('after', '\nExit: 0 nothing is broken (warnings are no error), 3 something is.')
    .action(act)
