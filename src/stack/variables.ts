import { join } from 'node:path'
import type { Part, Ports } from './part.ts'
import type { Place } from './place.ts'
import type { Variables } from './template.ts'

export interface Jars {
  readonly lib: string
  /** Their classes, as the JVM likes them best; see archive.ts. */
  readonly archive: string
}

/** A part in its place: what its templates can name. */
export interface Placed {
  readonly part: Part
  readonly place: Place
  readonly ports: Ports
  /** Its jars, if it has any. */
  readonly jars: Jars | undefined
}

export const portsWith = (part: Part, offset: number): Ports =>
  Object.fromEntries(Object.entries(part.ports).map(([name, port]) => [name, port + offset]))

/** While a daemon's data is formatted, it lies under this name. */
export const unformatted = (data: string, daemon: string): string => join(data, `${daemon}.new`)

const variablesOf = ({ part, place, ports, jars }: Placed, formatting?: string): [string, string][] => [
  ['conf', place.conf],
  ['logs', place.logs],
  ['installation', place.installation],
  ...Object.entries(jars ?? {}),
  ...Object.entries(ports).map(([name, port]): [string, string] => [`ports.${name}`, String(port)]),
  ...part.daemons.map(({ name }): [string, string] => [
    `data.${name}`,
    name === formatting ? unformatted(place.data, name) : join(place.data, name),
  ]),
]

/**
 * `{{conf}}`, `{{logs}}`, `{{lib}}`, `{{archive}}`, `{{installation}}`, `{{ports.<name>}}`, `{{data.<daemon>}}` of the part itself, and
 * of each part that it needs with that one's name before: `{{kafka.ports.broker}}`, `{{hadoop.conf}}`.
 */
export const variablesFor = (placed: Placed, needed: readonly Placed[], formatting?: string): Variables =>
  Object.fromEntries([
    ...needed.flatMap(other => variablesOf(other).map(([name, value]) => [`${other.part.name}.${name}`, value])),
    ...variablesOf(placed, formatting),
  ])
