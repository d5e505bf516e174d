/** A word as a shell takes it, whatever is in it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** `NAME=value command 'an argument'`, each flag on a line of its own with what belongs to it. */
export const commandLine = (
  environment: Readonly<Record<string, string>>,
  command: string,
  args: readonly string[],
): string => {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`)
  const lines: string[][] = [[...variables, quoted(command)]]
  for (const arg of args) {
    if (arg.startsWith('-')) lines.push([quoted(arg)])
    else lines.at(-1)!.push(quoted(arg))
  }
  return lines.map(line => line.join(' ')).join(' \\\n  ')
}
