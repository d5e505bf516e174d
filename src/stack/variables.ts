import { join } from 'node:path'
import type { Part, Ports } from './part.ts'
import type { Place } from './place.ts'
import { render, type Variables } from './template.ts'

/** A part in its place: what its templates can name. */
export interface Placed {
  readonly part: Part
  readonly place: Place
  readonly ports: Ports
  /** What it has in the cache. */
  readonly fetched: Variables
}

export const portsWith = (part: Part, offset: number): Ports =>
  Object.fromEntries(Object.entries(part.ports).map(([name, port]) => [name, port + offset]))

/** While a daemon's data is formatted, it lies under this name. */
export const unformatted = (data: string, daemon: string): string => join(data, `${daemon}.new`)

/** Empty whenever the daemon starts. */
export const temporary = (data: string, daemon: string): string => join(data, `${daemon}.tmp`)

const plainOf = ({ part, place, ports, fetched }: Placed, formatting?: string): [string, string][] => [
  ['conf', place.conf],
  ['logs', place.logs],
  ['installation', place.installation],
  ...Object.entries(fetched),
  ...Object.entries(ports).map(([name, port]): [string, string] => [`ports.${name}`, String(port)]),
  ...part.daemons.flatMap(({ name }): [string, string][] => [
    [`data.${name}`, name === formatting ? unformatted(place.data, name) : join(place.data, name)],
    [`tmp.${name}`, temporary(place.data, name)],
  ]),
]

/** Its own come last: they may name all others. */
const variablesOf = (placed: Placed, others: Variables, formatting?: string): [string, string][] => {
  const plain = plainOf(placed, formatting)
  const known = { ...others, ...Object.fromEntries(plain) }
  const own = Object.entries(placed.part.variables?.(placed.part.needs) ?? {})
  return [...plain, ...own.map(([name, text]): [string, string] => [name, render(text, known, 'the declaration')])]
}

/**
 * `{{conf}}`, `{{logs}}`, `{{installation}}`, `{{lib}}`, `{{archive}}` (archive.ts), `{{bundle.<name>}}`, `{{ports.<name>}}`, `{{data.<daemon>}}`,
 * `{{tmp.<daemon>}}` and its own variables of the part itself, and of each part that it needs, which come in the order
 * in which they start, with that one's name before: `{{kafka.ports.broker}}`, `{{hadoop.conf}}`.
 */
export const variablesFor = (placed: Placed, needed: readonly Placed[], formatting?: string): Variables => {
  const others: Record<string, string> = {}
  for (const other of needed)
    for (const [name, value] of variablesOf(other, others)) others[`${other.part.name}.${name}`] = value
  return { ...others, ...Object.fromEntries(variablesOf(placed, others, formatting)) }
}
