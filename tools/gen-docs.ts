/** Writes docs/commands.md from the commands' own help. `npm run docs`; a test fails while the page is stale. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { commands } from '../src/cli/main.ts'
import { overview } from '../src/cli/program.ts'
import { outfit } from '../src/cli/run.ts'

export const page = join(import.meta.dirname, '../docs/commands.md')

const helpColumns = 100

const helpOf = (command: Command): string => {
  let help = ''
  command.configureOutput({
    writeOut: text => (help += text),
    getOutHelpWidth: () => helpColumns,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return help.trimEnd()
}

const ofOne = (title: string, command: Command, level: string) =>
  `${level} ${title}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`

const ofParts = (title: string, command: Command): string[] =>
  command.commands.map(child => ofOne(`${title} ${child.name()}`, child, '###'))

const section = (title: string, command: Command) => {
  outfit(command, {})
  return [ofOne(title, command, '##'), ...(title === 'textstream' ? [] : ofParts(title, command))].join('\n')
}

export const pageOf = async (): Promise<string> => {
  const sections = [section('textstream', await overview(commands))]
  for (const [name, { load }] of Object.entries(commands)) sections.push(section(name, (await load()).command()))
  return `# Commands\n\nMade from the commands' own help by \`npm run docs\`.\n\n${sections.join('\n')}`
}

if (import.meta.main) writeFileSync(page, await pageOf())
