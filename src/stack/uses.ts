import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, StreamError } from '../std/error.ts'
import { parseJson } from '../std/json.ts'
import type { Part } from './part.ts'
import { inOrder, type Parts, partNamed } from './parts.ts'
import { type Place, placeOf } from './place.ts'
import { running } from './record.ts'
import type { Stack } from './stack.ts'

/** What a part's data was made with; it holds addresses of these. */
interface Binding {
  readonly uses: readonly string[]
  readonly portOffset: number
}

const pathOf = ({ data }: Place) => join(data, 'uses.json')

const isBinding = (value: unknown): value is Binding => {
  const { uses, portOffset } = (value ?? {}) as Partial<Binding>
  return Array.isArray(uses) && Number.isInteger(portOffset)
}

const bindingOf = async (place: Place): Promise<Binding | undefined> => {
  try {
    const value = parseJson(await readFile(pathOf(place), 'utf8'))
    return isBinding(value) ? value : undefined
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

const isUp = async ({ parts, folders }: Stack, name: string): Promise<boolean> => {
  const place = placeOf(folders, name)
  const records = await Promise.all(partNamed(parts, name).daemons.map(daemon => running(place, daemon.name)))
  return records.some(record => record !== undefined)
}

const started = async (stack: Stack, part: Part, names: ReadonlySet<string>): Promise<string[]> => {
  const used: string[] = []
  for (const name of part.uses ?? []) if (names.has(name) || (await isUp(stack, name))) used.push(name)
  return used
}

const again = (part: string) =>
  `start it as before, or on nothing: textstream stack down ${part}, and up with --fresh ${part}`

const refuseOthers = (part: Part, { uses, portOffset }: Binding, names: ReadonlySet<string>, offset: number) => {
  const other = (part.uses ?? []).find(name => names.has(name) && !uses.includes(name))
  const message = (why: string) => `the data of "${part.name}" ${why}; ${again(part.name)}`
  if (other !== undefined) throw new StreamError('stack/bound', message(`was made without "${other}"`))
  if (uses.length === 0 || portOffset === offset) return
  const why = `holds addresses of "${uses.join('", "')}" with the port offset ${portOffset}, not ${offset}`
  throw new StreamError('stack/bound', message(why))
}

export interface Wanted {
  readonly names: readonly string[]
  readonly portOffset: number
  readonly fresh: boolean
}

const usedBy = async (stack: Stack, part: Part, { names, portOffset, fresh }: Wanted): Promise<readonly string[]> => {
  const all = new Set(inOrder(stack.parts, names).map(({ name }) => name))
  const isWiped = fresh && names.includes(part.name)
  const binding =
    part.isBoundToUses === undefined || isWiped ? undefined : await bindingOf(placeOf(stack.folders, part.name))
  if (binding === undefined) return started(stack, part, all)
  refuseOthers(part, binding, all, portOffset)
  return binding.uses
}

/** The parts, where each needs what it uses this time, too. */
export const partsInUse = async (stack: Stack, wanted: Wanted): Promise<Parts> => {
  const parts = new Map(stack.parts)
  for (const part of inOrder(stack.parts, wanted.names)) {
    const uses = await usedBy(stack, part, wanted)
    parts.set(part.name, { ...part, needs: [...part.needs, ...uses] })
  }
  return parts
}

/** Before its data is made; what is bound stays so until that is wiped. */
export const bind = async (place: Place, { needs, uses = [], isBoundToUses }: Part, portOffset: number) => {
  if (isBoundToUses === undefined || (await bindingOf(place)) !== undefined) return
  const binding: Binding = { uses: uses.filter(name => needs.includes(name)), portOffset }
  const temporary = `${pathOf(place)}.${randomUUID()}`
  await writeFile(temporary, `${JSON.stringify(binding)}\n`)
  await rename(temporary, pathOf(place))
}
