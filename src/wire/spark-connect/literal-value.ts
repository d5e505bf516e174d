import type { Literal } from './proto.ts'
import type { Value } from './value.ts'

/** A literal that the server answered with, as a plain value. Structs, which come without names, are arrays. */
export const plainOf = ({ literalType }: Literal): Value => {
  const { case: kind, value } = literalType as { case: string; value: never }
  switch (kind) {
    case 'array':
      return arrayValue(value)
    case 'struct':
      return arrayValue(value)
    case 'map':
      return mapValue(value)
    case 'specializedArray':
      return specializedValue(value)
    case 'decimal':
      return (value as { value: string }).value
    case undefined:
    case 'null':
      return null
    default:
      return value
  }
}

const arrayValue = ({ elements }: { elements: readonly Literal[] }): Value => elements.map(plainOf)

const mapValue = ({ keys, values }: { keys: readonly Literal[]; values: readonly Literal[] }): Value =>
  new Map(keys.map((key, at) => [plainOf(key), plainOf(values[at])]))

const specializedValue = ({ valueType }: { valueType: { value?: { values: readonly Value[] } } }): Value =>
  valueType.value?.values ?? []
