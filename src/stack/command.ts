import { fileURLToPath } from 'node:url'
import { type Account, folderInDisguise, unprivileged } from './account.ts'
import { findInstalled, findJava } from './installed.ts'
import type { JavaProgram, NodeProgram, Program, SystemProgram } from './part.ts'
import { render, type Variables } from './template.ts'

/** What can be started as it is. */
export interface CommandLine {
  readonly path: string
  readonly arguments: readonly string[]
  /** What it needs beside the environment of whoever starts it. */
  readonly environment?: Readonly<Record<string, string>>
  /** Whom it runs as, and the folder that it must reach. */
  readonly as?: { readonly account: Account; readonly folder: string }
}

export interface Setting {
  readonly environment: NodeJS.ProcessEnv
  readonly variables: Variables
  /** A person's own options for the JVM; they come last, and so win. */
  readonly javaOptions: readonly string[]
}

const javaCommand = async (program: JavaProgram, { environment, javaOptions }: Setting): Promise<CommandLine> => {
  const classPath = program.classPath ?? '{{conf}}:{{lib}}/*'
  const crash = '-XX:ErrorFile={{logs}}/java_error_%p.log'
  const before = [crash, ...program.options, ...javaOptions, '-cp', classPath, program.main]
  const { path, home } = await findJava(environment)
  return {
    path,
    arguments: [...before, ...program.arguments],
    environment: { JAVA_HOME: home, ...program.environment },
  }
}

const nodeCommand = async (program: NodeProgram, { environment }: Setting): Promise<CommandLine> => {
  const paths = await Promise.all((program.runs ?? []).map(each => findInstalled(each, environment)))
  const script = fileURLToPath(program.script)
  return {
    path: process.execPath,
    arguments: ['--disable-warning=ExperimentalWarning', script, ...paths, ...program.arguments],
  }
}

const systemCommand = async (program: SystemProgram, { environment }: Setting): Promise<CommandLine> => {
  const path = await findInstalled(program, environment)
  const folder = program.unprivilegedIn
  const account = folder === undefined ? undefined : await unprivileged()
  if (folder === undefined || account === undefined) return { path, arguments: program.arguments }
  return { path, arguments: program.arguments, as: { account, folder } }
}

const commandOf = (program: Program, setting: Setting): CommandLine | Promise<CommandLine> => {
  switch (program.kind) {
    case 'java':
      return javaCommand(program, setting)
    case 'node':
      return nodeCommand(program, setting)
    case 'system':
      return systemCommand(program, setting)
  }
}

/** `{{here}}` is how a program that may run as another user calls its folder. */
const withHere = (program: Program, { as }: CommandLine, variables: Variables): Variables => {
  if (program.kind !== 'system' || program.unprivilegedIn === undefined) return variables
  const folder = render(program.unprivilegedIn, variables, 'the declaration')
  return { ...variables, here: as === undefined ? folder : folderInDisguise }
}

/** Finds the program; throws `stack/missing` with the command that installs it. */
export const commandLine = async (program: Program, setting: Setting): Promise<CommandLine> => {
  const command = await commandOf(program, setting)
  const variables = withHere(program, command, setting.variables)
  const rendered = (text: string) => render(text, variables, 'the declaration')
  return {
    path: command.path,
    arguments: command.arguments.map(rendered),
    environment: Object.fromEntries(
      Object.entries(command.environment ?? {}).map(([name, value]) => [name, rendered(value)]),
    ),
    ...(command.as !== undefined && { as: { ...command.as, folder: rendered(command.as.folder) } }),
  }
}
