import { StreamError } from '../std/error.ts'

export type Variables = Readonly<Record<string, string>>

const variable = /\{\{([\w.-]+)\}\}/g

const asIs = (text: string) => text

const escapedForXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Java reads these as Latin-1, with `\` to escape. */
const escapedForProperties = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const escapes: Readonly<Record<string, (text: string) => string>> = {
  '.xml': escapedForXml,
  '.properties': escapedForProperties,
}

/** How a value must be written in a file with this name, so that it is read as it was meant. */
const escapeFor = (file: string) => escapes[/\.[^.]*$/.exec(file)?.[0] ?? ''] ?? asIs

/** Puts the variables in. `from` says where the text stands, and by its ending how values are written there. */
export const render = (text: string, variables: Variables, from: string): string => {
  const escaped = escapeFor(from)
  return text.replace(variable, (_, name: string) => {
    if (Object.hasOwn(variables, name)) return escaped(variables[name])
    const known = Object.keys(variables).join(', ')
    throw new StreamError('stack/template', `"${from}" names the variable "{{${name}}}"; there are ${known}`)
  })
}
