/** Writes docs/commands.md from the commands' own help, and docs/metrics.md. `npm run docs`; a test fails while a page is stale. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { commands } from '../src/cli/main.ts'
import { overview } from '../src/cli/program.ts'
import { outfit } from '../src/cli/run.ts'
import { metricsPage, metricsPageOf } from './metrics-page.ts'

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

const section = (title: string, command: Command) => `## ${title}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`

const sectionsOf = (title: string, command: Command): string[] => {
  outfit(command, {})
  const shown = command.createHelp().visibleCommands(command)
  const parts = title === 'textstream' ? [] : command.commands.filter(part => shown.includes(part))
  return [section(title, command), ...parts.map(part => section(`${title} ${part.name()}`, part))]
}

export const pageOf = async (): Promise<string> => {
  const sections = sectionsOf('textstream', await overview(commands))
  for (const [name, { load }] of Object.entries(commands)) sections.push(...sectionsOf(name, (await load()).command()))
  return `# Commands\n\nMade from the commands' own help by \`npm run docs\`.\n\n${sections.join('\n')}`
}

if (import.meta.main) {
  writeFileSync(page, await pageOf())
  writeFileSync(metricsPage, await metricsPageOf())
}
