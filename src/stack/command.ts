import { fileURLToPath } from 'node:url'
import { findJava, findProgram, missing, pathOf } from './installed.ts'
import type { JavaProgram, NodeProgram, Program, SystemProgram } from './part.ts'
import { render, type Variables } from './template.ts'

/** What can be started as it is. */
export interface CommandLine {
  readonly path: string
  readonly arguments: readonly string[]
  /** What it needs beside the environment of whoever starts it. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Setting {
  readonly environment: NodeJS.ProcessEnv
  readonly variables: Variables
  /** A person's own options for the JVM; they come last, and so win. */
  readonly javaOptions: readonly string[]
}

const javaCommand = async (program: JavaProgram, { environment, javaOptions }: Setting): Promise<CommandLine> => {
  const classPath = program.classPath ?? '{{conf}}:{{lib}}/*'
  const before = [...program.options, ...javaOptions, '-cp', classPath, program.main]
  const { path, home } = await findJava(environment)
  return {
    path,
    arguments: [...before, ...program.arguments],
    environment: { JAVA_HOME: home, ...program.environment },
  }
}

const nodeCommand = (program: NodeProgram): CommandLine => ({
  path: process.execPath,
  arguments: ['--disable-warning=ExperimentalWarning', fileURLToPath(program.script), ...program.arguments],
})

const systemCommand = async (program: SystemProgram, { environment }: Setting): Promise<CommandLine> => {
  const path = await findProgram(program.command, [...(program.folders ?? []), ...pathOf(environment)])
  if (path !== undefined) return { path, arguments: program.arguments }
  throw missing(`"${program.command}"`, 'is needed, and is not installed', program.packages)
}

const commandOf = (program: Program, setting: Setting): CommandLine | Promise<CommandLine> => {
  switch (program.kind) {
    case 'java':
      return javaCommand(program, setting)
    case 'node':
      return nodeCommand(program)
    case 'system':
      return systemCommand(program, setting)
  }
}

/** Finds the program; throws `stack/missing` with the command that installs it. */
export const commandLine = async (program: Program, setting: Setting): Promise<CommandLine> => {
  const command = await commandOf(program, setting)
  const rendered = (text: string) => render(text, setting.variables, 'the declaration')
  return {
    path: command.path,
    arguments: command.arguments.map(rendered),
    environment: Object.fromEntries(
      Object.entries(command.environment ?? {}).map(([name, value]) => [name, rendered(value)]),
    ),
  }
}
